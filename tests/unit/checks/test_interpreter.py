"""Findings about the target's interpreter."""

from __future__ import annotations

from tests.unit.build import PYTHON, a_pytriton, an_interpreter, facts, no_interpreter
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.interpreter.model import LinkProblem, Program, StartupCode

_UNLOADABLE = Program(
    "client", PYTHON, False, (), (LinkProblem("not-found", "libz.so.1", PYTHON, "libz.so.1: no file"),)
)

_HARMLESS = StartupCode("/opt/site/sitecustomize.py", "import sitecustomize")
_ENDING = StartupCode(_HARMLESS.file, _HARMLESS.text, (), "sys.exit(3)")


def _with(**variables: str) -> dict[str, str]:
    return {"HOME": "/home/alice", "PATH": "/usr/bin:/bin", **variables}


class TestInterpreter(FindingTests):
    CASES = (
        Case(
            "python-not-found",
            fires=no_interpreter("missing"),
            silent=no_interpreter("ended", exit_code=-11),
            says=(PYTHON, "there is no such file", "--python PATH"),
        ),
        Case(
            "python-does-not-start",
            fires=no_interpreter("ended", exit_code=-11),
            # its own libraries are at fault, which the findings of the libraries say
            silent=facts(
                interpreter=an_interpreter(starts=False, state="ended", program=_UNLOADABLE),
                pytriton=None,
                launch=None,
            ),
            says=(PYTHON, "signal 11", "import sys"),
        ),
        Case(
            "python-does-not-start",
            fires=facts(interpreter=an_interpreter(startup_code=(_ENDING,))),
            silent=facts(interpreter=an_interpreter(startup_code=(_HARMLESS,))),
            says=(PYTHON, "/opt/site/sitecustomize.py", "sys.exit(3)", "sitecustomize.py.off"),
        ),
        Case(
            "interpreter-sets-variables",
            fires=facts(
                variables=_with(LD_LIBRARY_PATH="/opt/old/lib"),
                interpreter=an_interpreter(sets=("LD_LIBRARY_PATH", "PYTHONHOME")),
            ),
            silent=facts(variables=_with(LD_LIBRARY_PATH="/opt/old/lib")),
            says=(
                PYTHON,
                "LD_LIBRARY_PATH=/opt/old/lib",
                "PYTHONHOME is taken away",
            ),
            severity="info",
        ),
        Case(
            "preload-breaks-start",
            fires=facts(
                variables=_with(LD_PRELOAD="/usr/lib/libproxychains4.so"),
                interpreter=an_interpreter(preload_failures=("connect(127.0.0.1): Connection refused",)),
            ),
            silent=facts(variables=_with(LD_PRELOAD="/usr/lib/libproxychains4.so")),
            says=("connect(127.0.0.1)", "libproxychains4.so", "Connection refused", "unset LD_PRELOAD"),
            severity="error",
        ),
        Case(
            "python-slow",
            fires=no_interpreter("slow", waited_s=20.0),
            silent=no_interpreter("ended", exit_code=-9),
            says=(PYTHON, "20 s", "--timeout"),
        ),
        Case(
            "python-answers-nonsense",
            fires=no_interpreter("nonsense", problem="it is no JSON"),
            silent=no_interpreter("slow", waited_s=20.0),
            says=(PYTHON, "it is no JSON", "--python"),
        ),
        Case(
            "python-variables-stop-it",
            fires=facts(
                interpreter=an_interpreter(variables_problem="Fatal Python error: init_fs_encoding"),
                variables=_with(PYTHONHOME="/nowhere", PYTHONUTF8="1"),
            ),
            silent=facts(variables=_with(PYTHONUTF8="1")),
            says=(PYTHON, "Fatal Python error", "PYTHONHOME=/nowhere", "unset PYTHONHOME"),
        ),
        Case(
            "python-without-stub",
            fires=facts(pytriton=a_pytriton(version="0.5.0", stubs=("3.8", "3.9", "3.10"))),
            silent=facts(pytriton=a_pytriton(stubs=("3.11",))),
            says=("0.5.0", "3.11", "3.8, 3.9 and 3.10"),
        ),
        Case(
            "python-warnings-as-errors",
            fires=facts(variables=_with(PYTHONWARNINGS="error")),
            silent=facts(variables=_with(PYTHONWARNINGS="error::DeprecationWarning")),
            says=("PYTHONWARNINGS=error", "unset PYTHONWARNINGS"),
        ),
        Case(
            "python-warnings-as-errors",
            note="encodings",
            fires=facts(
                variables=_with(PYTHONWARNINGS="error::EncodingWarning", PYTHONWARNDEFAULTENCODING="1")
            ),
            silent=facts(variables=_with(PYTHONWARNINGS="error::EncodingWarning")),
            says=("PYTHONWARNINGS=error::EncodingWarning", "unset PYTHONWARNINGS"),
        ),
    )
