"""The target's interpreter: does it exist and start, and is there a stub for it?"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping

from tritondoctor.checks import advice
from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, cure, listed, text
from tritondoctor.checks.no_answer import why
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.model import Facts

#: messages of CPython that name no variable (initconfig.c, pylifecycle.c, getpath.py) -> which it is
_ABOUT = {
    r"stdio encoding|standard streams|unknown encoding|Unicode\w*Error": ("PYTHONIOENCODING",),
    r"encodings|platform (?:in)?dependent libraries": ("PYTHONHOME", "PYTHONPLATLIBDIR"),
    r"cpu_count": ("PYTHON_CPU_COUNT",),
}
#: environments with a pyvenv.cfg: nothing but packages is in them
_VENVS = ("venv", "virtualenv", "uv")
#: with any value of these Python starts
_NEVER_FATAL = (
    "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONOPTIMIZE", "PYTHONNOUSERSITE", "PYTHONSTARTUP",
    "PYTHONFAULTHANDLER", "PYTHONPYCACHEPREFIX", "PYTHONVERBOSE", "PYTHONINSPECT", "PYTHONBREAKPOINT",
)  # fmt: skip


@check(
    "python-not-found",
    "error",
    title="There is no Python at {path}",
    explanation="Nothing in this environment can start without its interpreter: {why}.",
    means="The interpreter that the environment names does not exist, often because the Python that "
    "the virtual environment was made from was removed or upgraded.",
    verified="A venv whose base interpreter was deleted, and a prefix without bin/python.",
    by_hand="Recreate the environment with a Python that exists, or name another one with --python.",
    reads=("barriers", "interpreter.path", "interpreter.state"),
)
def python_not_found(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    if interpreter.state in ("missing", "broken-link") and not _is_denied(facts):
        command = "tritondoctor check --python PATH"
        another = Remedy("name-another-python", text("Name an existing interpreter"), (command,))
        remedies = (*_anew(interpreter), another)
        yield CheckResult({"path": interpreter.path, "why": why(interpreter)}, (), remedies)


def _anew(interpreter: Interpreter) -> tuple[Remedy, ...]:
    """Make a virtual environment anew whose link leads to a Python that is gone; the old one is kept."""
    if interpreter.state != "broken-link" or interpreter.kind not in _VENVS:
        return ()
    folder = os.path.dirname(os.path.dirname(interpreter.path))
    gone = os.path.basename(interpreter.problem)
    python = gone if re.fullmatch(r"python3\.\d+", gone) else "python3"
    old, new = shlex.quote(f"{folder}.old"), shlex.quote(folder)
    commands = (
        f"mv -T {new} {old}", f"{python} -m venv {new}", f"tritondoctor check --prefix {new}",
    )  # fmt: skip
    title = text("Make the environment anew with a Python that is there, and see what it needs")
    return (Remedy("make-anew", title, commands),)


def _is_denied(facts: Facts) -> bool:
    """Return whether permissions are in the way: checks/permissions.py says it."""
    return any(facts.interpreter.path in barrier.blocks for barrier in facts.barriers)


@check(
    "python-does-not-start",
    "error",
    title="{path} does not start",
    explanation="No program of this environment can run: {why}.",
    means="The interpreter cannot run here: one of its own libraries is missing, it is built for "
    "another architecture, or something kills or blocks it.",
    verified="Interpreters that were truncated, built for another architecture, not executable, killed "
    "by a signal, or hanging.",
    by_hand="Run the interpreter by hand and read its message; reinstall it if necessary.",
    reads=(
        "barriers",
        "interpreter.path",
        "interpreter.program",
        "interpreter.starts",
        "interpreter.startup_code",
        "interpreter.state",
    ),
)
def python_does_not_start(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    states = ("refused", "not-loaded", "too-old", "ended")
    if interpreter.state in states and interpreter.program is None and not _is_denied(facts):
        yield CheckResult(
            {"path": interpreter.path, "why": why(interpreter)},
            (),
            (Remedy("run-by-hand", text("Run it by hand and read its message"),
                    (f"{shlex.quote(interpreter.path)} -I -c 'import sys; print(sys.version)'",)),),
        )  # fmt: skip
    for code in interpreter.startup_code:
        if interpreter.starts and code.ends:
            reason = text("{file} ends Python at its start: {line}", file=code.file, line=code.ends)
            command = f"mv {shlex.quote(code.file)} {shlex.quote(code.file + '.off')}"
            move = Remedy("move-startup-code", text("Move the file away, or change it"), (command,))
            yield CheckResult({"path": interpreter.path, "why": reason}, (), (move,))


@check(
    "python-slow",
    "error",
    title="{path} did not answer in time",
    explanation="It was asked for its version and its folders, and {why}. Nothing can be checked "
    "before it answers. It may be slow (a cold network file system) or hang.",
    means="The interpreter was started and did not answer in the time allowed. It may be slow (a cold "
    "network home, a busy machine) or hang (a pipe or a dead mount in place of a file).",
    verified="Interpreters that answer late, and ones that never answer.",
    by_hand="Start the interpreter by hand and see how long it takes; allow more time with --timeout.",
    reads=("interpreter.path", "interpreter.state"),
)
def python_slow(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    if interpreter.state == "slow":
        yield CheckResult(
            {"path": interpreter.path, "why": why(interpreter)},
            (),
            (
                Remedy("wait-longer", text("Allow more time"),
                       (f"tritondoctor check --python {shlex.quote(interpreter.path)} --timeout 300",)),
                Remedy("run-by-hand", text("Measure how long it takes"),
                       (f"time {shlex.quote(interpreter.path)} -I -S -c ''",)),
            ),
        )  # fmt: skip


@check(
    "python-answers-nonsense",
    "error",
    title="{path} does not answer like a Python interpreter",
    explanation="It was asked for its version and its folders, and the answer cannot be used: {why}.",
    means="The program is not Python, or it is a wrapper that changes or replaces what Python prints.",
    verified="Wrappers that print something other than the answer, and programs that are not Python.",
    by_hand="Give --python the interpreter itself, not a wrapper script.",
    reads=("interpreter.path", "interpreter.state"),
)
def python_answers_nonsense(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    if interpreter.state in ("flood", "silent", "nonsense"):
        yield CheckResult(
            {"path": interpreter.path, "why": why(interpreter)},
            (),
            (Remedy("name-another-python", text("Name the interpreter itself"),
                    ("tritondoctor check --python PATH",)),),
        )  # fmt: skip


@check(
    "python-variables-stop-it",
    "error",
    title="The PYTHON* environment variables stop Python from starting",
    explanation="{path} starts in isolated mode. With this environment's variables it exits at once, "
    "and so does PyTriton.",
    means="A variable such as PYTHONHOME, PYTHONUTF8 or PYTHONHASHSEED has a value with which CPython "
    "refuses to start.",
    verified="PYTHONHOME set to a folder without a standard library, PYTHONUTF8=x: Python exits with a "
    "fatal error before PyTriton is imported.",
    by_hand="Unset the variable named in the message; PYTHONHOME is almost never needed.",
    reads=("interpreter.path", "interpreter.variables_problem", "variables"),
)
def python_variables_stop_it(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    if interpreter.variables_problem:
        suspects = _suspects(interpreter.variables_problem, facts.variables)
        evidence = [text("Python's message: {said}", said=interpreter.variables_problem)]
        evidence += [text("{name}={value}", name=n, value=facts.variables[n]) for n in suspects]
        yield CheckResult(
            {"path": interpreter.path},
            tuple(evidence),
            (
                cure(
                    "unset-variable",
                    text("Unset {names}", names=listed(suspects)),
                    *(Variable(n, None) for n in suspects),
                ),
            ),
        )


def _suspects(said: str, variables: Mapping[str, str]) -> list[str]:
    """The variables that Python's message is about; if that cannot be told, those that could be it."""
    given = sorted(name for name in variables if name.startswith("PYTHON"))
    named = [name for name in given if re.search(rf"\b{name}\b", said)]
    meant = [
        name for pattern, names in _ABOUT.items() if re.search(pattern, said)
        for name in given if name in names
    ]  # fmt: skip
    home = [name for name in given if name == "PYTHONHOME"]
    possible = [name for name in given if name not in _NEVER_FATAL]
    return named or meant or home or possible or given


@check(
    "python-without-stub",
    "error",
    title="PyTriton {release} has no stub for Python {minor}",
    explanation="Triton runs the model in a separate program (the stub), which is built for one minor "
    "version of Python. This release has stubs for {stubs}.",
    means="The installed release was built before this Python existed, or after support for it was "
    "dropped. pip installs it anyway, and the start fails with FileNotFoundError.",
    verified="The stub's folder of a real wheel removed: FileNotFoundError at start; read from "
    "pytriton/triton.py, which copies python_backend_stubs/<major.minor>.",
    by_hand="Use a Python that has a stub, or a release that has a stub for this Python (`tritondoctor "
    "advise` lists what fits this machine).",
    reads=(
        "interpreter.minor",
        "pytriton.damaged",
        "pytriton.package",
        "pytriton.stubs",
        "pytriton.version",
    ),
)
def python_without_stub(facts: Facts) -> Iterator[CheckResult]:
    installed, interpreter = facts.pytriton, facts.interpreter
    if installed is None or not installed.stubs or interpreter.minor in installed.stubs:
        return
    if any(f"/{interpreter.minor}/" in file.path for file in installed.damaged):
        return
    versions = sorted(installed.stubs, key=advice.order)
    yield CheckResult(
        {
            "release": installed.version or text("(unknown release)"),
            "minor": interpreter.minor,
            "stubs": text("Python {versions}", versions=listed(versions)),
        },
        (text("{folder} has no {minor}", folder=f"{installed.package}/tritonserver/"
              "python_backend_stubs", minor=interpreter.minor),),
        advice.install(facts, but=installed.version),
    )  # fmt: skip


_FATAL = ("", "Warning", "UserWarning")


def _warns_of_encodings(facts: Facts) -> bool:
    """PEP 597: Python warns wherever no encoding is named, as where PyTriton opens files."""
    wanted = facts.variables.get("PYTHONWARNDEFAULTENCODING")
    return bool(wanted) and advice.order(facts.interpreter.version) >= (3, 10)


@check(
    "python-warnings-as-errors",
    "error",
    title="PYTHONWARNINGS turns PyTriton's own warnings into errors",
    explanation="PyTriton and its dependencies emit warnings in normal use. With "
    "PYTHONWARNINGS={value} the first one ends the quick start.",
    means="PYTHONWARNINGS=error makes Python raise an exception for every warning.",
    verified="PYTHONWARNINGS=error and =error::UserWarning (error::DeprecationWarning serves): the "
    "quick start ends with a warning from PyTriton's own client. =error::EncodingWarning with "
    "PYTHONWARNDEFAULTENCODING=1: it ends as well.",
    by_hand="Unset PYTHONWARNINGS, or limit it to your own modules.",
    reads=("interpreter.version", "launch", "variables"),
)
def python_warnings_as_errors(facts: Facts) -> Iterator[CheckResult]:
    value = facts.variables.get("PYTHONWARNINGS", "")
    if facts.launch is None:
        return
    for item in value.split(","):
        action, message, category, module = [*item.strip().split(":"), "", "", ""][:4]
        # PyTriton's own warnings of the quick start are UserWarnings
        fatal = category in _FATAL or (category == "EncodingWarning" and _warns_of_encodings(facts))
        if action and "error".startswith(action) and not (message or module) and fatal:
            yield CheckResult(
                {"value": value},
                (),
                (
                    cure(
                        "unset-variable",
                        text("Unset {names}", names="PYTHONWARNINGS"),
                        Variable("PYTHONWARNINGS", None),
                    ),
                ),
            )
            return


@check(
    "interpreter-sets-variables",
    "info",
    title="{path} sets {names} before Python starts",
    explanation="It is a script, or a preloaded library does it. What is said here holds with these "
    "values; to unset or to set such a variable in the shell does not change them.",
    means="A wrapper stands in the place of the interpreter, as environment modules, nix, pyenv and "
    "cluster installations make them.",
    verified="A shell script in the place of bin/python that sets LD_LIBRARY_PATH to an old libstdc++, "
    "to the folder of libpython, and that takes it away: PyTriton fails, serves and fails.",
    by_hand="Read the script (head FILE). Change the variable there, or name the interpreter behind it.",
    reads=("interpreter.path", "interpreter.sets", "variables"),
)
def interpreter_sets_variables(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    if interpreter.sets:
        fields = {"path": interpreter.path, "names": listed(interpreter.sets)}
        yield CheckResult(fields, tuple(_setting(facts, name) for name in interpreter.sets))


def _setting(facts: Facts, name: str) -> Text:
    if name not in facts.variables:
        return text("{name} is taken away", name=name)
    return text("{name}={value}", name=name, value=facts.variables[name])


@check(
    "preload-breaks-start",
    "error",
    title="A library in LD_PRELOAD makes {calls} fail",
    explanation="PyTriton's processes load it too, and need what fails. Without LD_PRELOAD it works.",
    means="A preloaded library stands in for functions of the C library and refuses some of them: "
    "programs that send connections through a proxy (proxychains, torsocks), tracers, sandboxes.",
    verified="Preloaded libraries whose fork, execve, shm_open, ftruncate, bind, connect and getaddrinfo "
    "fail, or that end the program: PyTriton does not start with any of them.",
    by_hand="unset LD_PRELOAD, or allow 127.0.0.1 in that library's configuration.",
    reads=("interpreter.preload_failures", "variables"),
)
def preload_breaks_start(facts: Facts) -> Iterator[CheckResult]:
    failures = facts.interpreter.preload_failures
    if failures:
        calls = [failure.partition(": ")[0] for failure in failures]
        evidence = [text("LD_PRELOAD={value}", value=facts.variables.get("LD_PRELOAD", ""))]
        evidence += [text("{failure}", failure=failure) for failure in failures]
        remedy = cure("unset-preload", text("Unset LD_PRELOAD"), Variable("LD_PRELOAD", None))
        yield CheckResult({"calls": listed(calls)}, tuple(evidence), (remedy,))


RULES = (
    python_not_found,
    python_does_not_start,
    python_slow,
    python_answers_nonsense,
    python_variables_stop_it,
    preload_breaks_start,
    interpreter_sets_variables,
    python_without_stub,
    python_warnings_as_errors,
)
