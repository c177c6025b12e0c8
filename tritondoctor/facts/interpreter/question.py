"""The interview of the target's interpreter: a script of ours, run by it without its `site`.

It is begun before anything else is imported, so that it runs beside the doctor's own start.
"""

from __future__ import annotations

import os
from typing import Optional

from tritondoctor.facts.interpreter.answer import Answer, NonsenseError, Old, parse
from tritondoctor.support import own_files
from tritondoctor.support.processes import MOST_BYTES, Child, Outcome, run
from tritondoctor.support.waiting import OnTerminal
from tritondoctor.target import Target

#: variables that decide how an interpreter starts, and what it then says of itself under -I -S
_PASSED = {
    # the loader's (ld.so(8)), but for those that make of a start a list or a trace
    "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "LD_BIND_NOW", "LD_BIND_NOT", "LD_DYNAMIC_WEAK",
    "LD_HWCAP_MASK", "LD_ORIGIN_PATH", "LD_ASSUME_KERNEL", "LD_PREFER_MAP_32BIT_EXEC",
    "GLIBC_TUNABLES", "NIX_LD", "NIX_LD_LIBRARY_PATH", "QEMU_LD_PREFIX",
    # what preloaded libraries obey
    "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "MALLOC_CONF", "FAKEROOTKEY", "FAKECHROOT_BASE",
    # how bytes of paths become text
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LOCPATH",
    # site.getuserbase and sysconfig, which read them even under -I
    "HOME", "PYTHONUSERBASE", "_PYTHON_SYSCONFIGDATA_NAME", "_CONDA_PYTHON_SYSCONFIGDATA_NAME",
    "_PYTHON_PROJECT_BASE", "_PYTHON_HOST_PLATFORM",
    # scripts that stand for an interpreter: shims of pyenv, asdf and mise, wrappers of modules
    "PATH", "SHELL", "USER", "LOGNAME", "PWD", "TERM", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV",
    "PYENV_ROOT", "PYENV_VERSION", "PYENV_DIR", "PYENV_HOOK_PATH", "ASDF_DIR", "ASDF_DATA_DIR",
    "ASDF_PYTHON_VERSION", "MISE_DATA_DIR", "MISE_CONFIG_DIR", "MISE_PYTHON_VERSION",
}  # fmt: skip
#: variables with which CPython may refuse to start (Python/preconfig.c, initconfig.c, getpath.c)
_DECISIVE = {
    "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONIOENCODING",
    "PYTHONHASHSEED", "PYTHONMALLOC", "PYTHONMALLOCSTATS", "PYTHONTRACEMALLOC", "PYTHONDEVMODE",
    "PYTHONINTMAXSTRDIGITS", "PYTHONOPTIMIZE", "PYTHONDEBUG", "PYTHONVERBOSE", "PYTHONFAULTHANDLER",
    "PYTHONPROFILEIMPORTTIME", "PYTHONNODEBUGRANGES", "PYTHONWARNDEFAULTENCODING", "PYTHONCASEOK",
    "PYTHON_FROZEN_MODULES", "PYTHON_GIL", "PYTHON_JIT", "PYTHON_CPU_COUNT", "PYTHON_TLBC",
    "PYTHON_THREAD_INHERIT_CONTEXT", "PYTHON_CONTEXT_AWARE_WARNINGS",
}  # fmt: skip


def variables_of(target: Target) -> dict[str, str]:
    """The variables that the interpreter is asked with: few, and none that could hold a credential."""
    passed = _PASSED | _DECISIVE
    return {name: value for name, value in target.variables.items() if name in passed}


class Question:
    """The interview in progress; `failure` and its finding's id say why there is no answer."""

    def __init__(self, target: Target) -> None:
        self.path, self.identity, self._deadline_s = target.python, target.identity, target.deadline_s
        self.failure = ""
        self.failure_id = ""
        self.variables = variables_of(target)
        self._mark = os.urandom(8).hex()
        self._child: Optional[Child] = None
        script = own_files.source("facts/interpreter/interview.py")
        try:
            self._child = Child(
                [self.path, "-I", "-S", "-B", "-c", script, self._mark],
                self.variables, cwd=target.cwd, identity=self.identity,
            )  # fmt: skip
        except OSError as failure:
            self._fail(*_without_start(self.path, failure))

    def _fail(self, kind: str, why: str) -> None:
        self.failure, self.failure_id = why, kind

    def answer(self) -> Optional[Answer]:
        """What the interpreter says of itself; None where it gives no answer, which is read once."""
        if self._child is None:
            return None
        child, self._child = self._child, None
        waiting = OnTerminal("tritondoctor: waiting for the interpreter", self._deadline_s)
        ended = child.outcome(
            self._deadline_s, complete=lambda out: self._line(out) is not None, waiting=waiting
        )
        line = self._line(ended.out)
        if line is None:
            self._fail(*_without_answer(ended, self._deadline_s))
            return None
        try:
            answer = parse(line)
        except NonsenseError as failure:
            self._fail("python-answers-nonsense", str(failure))
            return None
        if isinstance(answer, Old):
            self._fail("python-does-not-start", f"Python {answer.version} is too old to answer")
            return None
        return answer

    def _line(self, out: bytes) -> Optional[bytes]:
        """What stands behind the mark; whatever else is printed does not matter."""
        begin = out.find(b"\n" + self._mark.encode() + b" ")
        end = out.find(b"\n", begin + 1)
        return None if begin < 0 or end < 0 else out[begin + len(self._mark) + 2 : end]

    def with_variables(self) -> str:
        """What the interpreter says where its own variables keep it from starting; else "".

        Asked only where there are such variables; without site and PYTHONPATH, so that nothing but
        the interpreter runs.
        """
        if self.variables.keys().isdisjoint(_DECISIVE):
            return ""
        try:
            ended = run(
                [self.path, "-S", "-s", "-c", ""],
                self.variables,
                self._deadline_s,
                identity=self.identity,
            )
        except OSError as failure:
            return failure.strerror or str(failure)
        if ended.stopped == "deadline":
            return f"it did not end within {self._deadline_s:.0f} s"
        said = _lines(ended.err)
        return said[0] if ended.code and said else ""


def _without_start(path: str, failure: OSError) -> tuple[str, str]:
    """(id of the finding, why) for an interpreter that could not be started."""
    from tritondoctor.loader import Files

    files = Files()
    if not files.lexists(path):
        return "python-not-found", "there is no such file"
    if not files.exists(path):
        return "python-not-found", f"it is a link to {files.realpath(path)}, which does not exist"
    return "python-does-not-start", failure.strerror or str(failure)


def _without_answer(ended: Outcome, deadline_s: float) -> tuple[str, str]:
    """(id of the finding, why) for an interpreter that gave no answer."""
    if ended.stopped == "deadline":
        return "python-slow", f"it did not answer within {deadline_s:g} s"
    if ended.stopped == "flood":
        return "python-answers-nonsense", f"it printed more than {MOST_BYTES >> 20} MB and no answer"
    said, code = _lines(ended.err), ended.code or 0
    if "Unknown option: -I" in said:
        return "python-does-not-start", "it is older than Python 3.4, and PyTriton needs 3.8"
    if not code and not said:
        return "python-answers-nonsense", "it ended without an error and without an answer"
    how = f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
    return "python-does-not-start", ": ".join([how, *said[-1:]])


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "replace").strip().splitlines()
