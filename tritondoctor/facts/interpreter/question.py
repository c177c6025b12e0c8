"""The interview of the target's interpreter: a script of ours, run by it without its `site`.

It is begun before anything else is imported, so that it runs beside the doctor's own start.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.facts.interpreter.answer import Answer, NonsenseError, Old, parse
from tritondoctor.facts.interpreter.model import InterpreterState
from tritondoctor.support import own_files
from tritondoctor.support.processes import Child, Outcome, run
from tritondoctor.support.waiting import OnTerminal
from tritondoctor.target import Target

if TYPE_CHECKING:
    from tritondoctor.loader import Files

#: variables that decide how an interpreter starts, and what it then says of itself under -I -S
_PASSED = {
    # the loader's (ld.so(8)), but for those that make of a start a list or a trace
    "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "LD_BIND_NOW", "LD_BIND_NOT", "LD_DYNAMIC_WEAK",
    "LD_HWCAP_MASK", "LD_ORIGIN_PATH", "LD_ASSUME_KERNEL", "LD_PREFER_MAP_32BIT_EXEC",
    "GLIBC_TUNABLES", "NIX_LD", "NIX_LD_LIBRARY_PATH", "QEMU_LD_PREFIX",
    # what preloaded libraries read
    "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "MALLOC_CONF", "FAKEROOTKEY", "FAKECHROOT_BASE",
    "FAKETIME", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_DONT_FAKE_MONOTONIC",
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
    """The variables that the interpreter is asked with: few, and none that could hold a credential.

    What is a script takes its shell from PATH: not out of the folder in which the doctor is called.
    """
    passed = _PASSED | _DECISIVE
    found = {name: value for name, value in target.variables.items() if name in passed}
    if "PATH" in found:
        found["PATH"] = os.pathsep.join(filter(os.path.isabs, found["PATH"].split(os.pathsep)))
    return found


#: a shell sets them for itself, and Python where the locale is C (PEP 538)
_OF_SHELLS = {"_", "SHLVL", "PWD", "OLDPWD", "LC_CTYPE", "__CF_USER_TEXT_ENCODING"}

#: hundreds of times what an interpreter needs that only reads .pth files
_MOST_MEMORY = 2 << 30
#: as the kernel follows (path_resolution(7))
_MOST_LINKS = 40
#: with some of PYTHONIOENCODING nothing can be printed (idna, undefined, punycode)
_SPEAKS = """
import os, sys
try:
    for stream in (sys.stdout, sys.stderr):
        stream.write("tritondoctor: a line.\\n")
        stream.flush()
except Exception as failure:
    os.write(2, ("%s: %s" % (type(failure).__name__, failure)).encode("ascii", "replace"))
    os._exit(1)
"""
#: name -> value (None: taken away)
VariableChanges = Mapping[str, Optional[str]]


class NoAnswer(msgspec.Struct, frozen=True):
    """Why an interpreter gave no answer: the state, with its own words or the kernel's."""

    state: InterpreterState
    words: str = ""
    exit_code: Optional[int] = None
    waited_s: Optional[float] = None


class Question:
    """The interview in progress; `failure` says why there is no answer."""

    def __init__(self, target: Target) -> None:
        self.path, self.identity, self._deadline_s = target.python, target.identity, target.deadline_s
        self.failure: Optional[NoAnswer] = None
        self.variables = variables_of(target)
        self._mark = os.urandom(8).hex()
        self._child: Optional[Child] = None
        self._answer: Optional[Answer] = None
        self._problem: Optional[str] = None
        self._failures: Optional[tuple[str, ...]] = None
        script = own_files.source("facts/interpreter/interview.py")
        try:
            self._child = Child(
                [self.path, "-I", "-S", "-B", "-c", script, self._mark],
                self.variables, cwd=target.cwd, identity=self.identity, most_memory=_MOST_MEMORY,
            )  # fmt: skip
        except OSError as failure:
            self.failure = _not_started(self.path, failure)

    def answer(self) -> Optional[Answer]:
        """What the interpreter says of itself; None where it gives no answer, which is read once."""
        if self._child is not None:
            child, self._child = self._child, None
            self._answer = self._read(child)
        return self._answer

    def end(self) -> None:
        """End the interpreter where its answer was not read."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def changes(self) -> VariableChanges:
        """The variables that Python finds otherwise than they were given: what stands in its place is a
        script that sets them, or a preloaded library does.
        """
        answer = self.answer()
        if answer is None:
            return {}
        found, given = answer.variables, self.variables
        names = sorted({*found, *given} - _OF_SHELLS)
        return {name: found.get(name) for name in names if found.get(name) != given.get(name)}

    def _read(self, child: Child) -> Optional[Answer]:
        waiting = OnTerminal("tritondoctor: waiting for the interpreter", self._deadline_s)
        outcome = child.outcome(
            self._deadline_s, complete=lambda out: self._line(out) is not None, waiting=waiting
        )
        line = self._line(outcome.out)
        if line is None:
            self.failure = _not_answered(outcome, self._deadline_s)
            return None
        try:
            answer = parse(line)
        except NonsenseError as failure:
            self.failure = NoAnswer("nonsense", str(failure))
            return None
        if isinstance(answer, Old):
            self.failure = NoAnswer("too-old", answer.version)
            return None
        return answer

    def _line(self, out: bytes) -> Optional[bytes]:
        """What stands behind the mark; whatever else is printed does not matter."""
        begin = out.find(b"\n" + self._mark.encode() + b" ")
        end = out.find(b"\n", begin + 1)
        return None if begin < 0 or end < 0 else out[begin + len(self._mark) + 2 : end]

    def version_on(self, files: Files, libpython: Optional[str]) -> str:
        """The version that it has on the libpython that it loads; "" where the answer has it."""
        return ""

    def preload_failures(self) -> tuple[str, ...]:
        """What a start does and the libraries in LD_PRELOAD make fail, as "call: the system's words";
        nothing that fails without them too.
        """
        if self._failures is None:
            self._failures = self._with_preload()
        return self._failures

    def _with_preload(self) -> tuple[str, ...]:
        if not self.variables.get("LD_PRELOAD", "").strip(" :"):
            return ()
        failures = self._tried(self.variables)
        if not failures:
            return ()
        plain = {name: value for name, value in self.variables.items() if name != "LD_PRELOAD"}
        anyway = {failure.partition(":")[0] for failure in self._tried(plain)}
        return tuple(failure for failure in failures if failure.partition(":")[0] not in anyway)

    def _tried(self, variables: Mapping[str, str]) -> tuple[str, ...]:
        script = own_files.source("facts/interpreter/preload_trial.py")
        try:
            outcome = run(
                [self.path, "-I", "-S", "-B", "-c", script], variables, self._deadline_s,
                identity=self.identity,
            )  # fmt: skip
        except OSError as failure:
            return (f"execve: {failure.strerror or failure}",)
        lines = _lines(outcome.out)
        failures = tuple(line for line in lines if ": " in line)
        if lines[-1:] == ["done"]:
            return failures
        return (*failures, f"python: {outcome.code}")

    def with_variables(self) -> str:
        """What the interpreter says where its own variables keep it from starting; else "".

        Asked only where there are such variables; without site and PYTHONPATH, so that nothing but
        the interpreter runs.
        """
        if self._problem is None:
            self._problem = self._with_variables()
        return self._problem

    def _with_variables(self) -> str:
        if self.variables.keys().isdisjoint(_DECISIVE):
            return ""
        try:
            outcome = run(
                [self.path, "-S", "-s", "-c", _SPEAKS],
                self.variables,
                self._deadline_s,
                identity=self.identity,
            )
        except OSError as failure:
            return failure.strerror or str(failure)
        if outcome.stopped == "deadline":
            return f"no end within {self._deadline_s:.0f} s"
        lines = _lines(outcome.err)
        return lines[0] if outcome.code and lines else ""


def _not_started(path: str, failure: OSError) -> NoAnswer:
    from tritondoctor.loader import Files

    files = Files()
    if not files.lexists(path):
        return NoAnswer("missing")
    if not files.exists(path) and not files.denied:
        return NoAnswer("broken-link", _missing_end(files, path))
    return NoAnswer("refused", failure.strerror or str(failure))


def _missing_end(files: Files, path: str) -> str:
    """Where a chain of links ends at nothing, or one of the links, if they lead in a circle."""
    for _link in range(_MOST_LINKS):
        try:
            target = files.readlink(path)
        except OSError:
            break
        path = os.path.join(files.realpath(os.path.dirname(path)), target)
    return os.path.normpath(path)


def _not_answered(outcome: Outcome, deadline_s: float) -> NoAnswer:
    if outcome.stopped == "deadline":
        return NoAnswer("slow", waited_s=deadline_s)
    if outcome.stopped == "flood":
        return NoAnswer("flood")
    if outcome.stopped == "memory":
        return NoAnswer("ended", os.strerror(errno.ENOMEM), -signal.SIGKILL)
    lines, code = _lines(outcome.err), outcome.code or 0
    if "Unknown option: -I" in lines:  # it is older than 3.4
        return NoAnswer("too-old")
    if not code and not lines:
        return NoAnswer("silent")
    return NoAnswer("ended", "".join(lines[-1:]), code)


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "replace").strip().splitlines()
