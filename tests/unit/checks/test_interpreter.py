"""Findings about the target's interpreter."""

from __future__ import annotations

import pytest

from tests.unit.build import PYTHON, a_pytriton, an_interpreter, facts, no_interpreter
from tests.unit.checks.case import Case, FindingTests, draws
from tritondoctor.checks import examine
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
            "python-not-found",
            note="base-gone",
            fires=no_interpreter("broken-link", problem="/nope/python3.13", kind="venv"),
            silent=no_interpreter("ended", exit_code=-11),
            says=("/nope/python3.13, which does not exist", "python3.13 -m venv", ".old"),
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
            "python-variables-stop-it",
            note="named",
            fires=facts(
                interpreter=an_interpreter(variables_problem="PYTHONUTF8: invalid value"),
                variables=_with(PYTHONHASHSEED="1", PYTHONUTF8="x"),
            ),
            silent=facts(variables=_with(PYTHONUTF8="1")),
            says=("PYTHONUTF8=x", "unset PYTHONUTF8"),
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
            silent=facts(variables=_with(PYTHONWARNINGS="error::DeprecationWarning,error:::numpy")),
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


_STDIO = "init_stdio_encoding: failed to get the Python codec name of the stdio encoding"


@pytest.mark.parametrize("said, variables, guilty", [
    (_STDIO, {"PYTHONIOENCODING": "latin-9x"}, ["PYTHONIOENCODING"]),
    ("UnicodeError: Unsupported error handling", {"PYTHONIOENCODING": "idna"}, ["PYTHONIOENCODING"]),
    ('PYTHONHASHSEED must be "random"', {"PYTHONHASHSEED": "abc"}, ["PYTHONHASHSEED"]),
    ("Could not find platform independent libraries", {"PYTHONPLATLIBDIR": "x"}, ["PYTHONPLATLIBDIR"]),
    ("Failed to import encodings module", {"PYTHONHOME": "/x", "PYTHONUTF8": "1"}, ["PYTHONHOME"]),
    ("-X cpu_count=n option: n is missing", {"PYTHON_CPU_COUNT": "q"}, ["PYTHON_CPU_COUNT"]),
    ("something new", {"PYTHONMALLOC": "x", "PYTHONUTF8": "1"}, ["PYTHONMALLOC", "PYTHONUTF8"]),
    ("something new", {}, ["PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"]),
])  # fmt: skip
def test_only_the_guilty_one_is_unset(said: str, variables: dict[str, str], guilty: list[str]) -> None:
    """The containers of Python set the first two; they never stop it."""
    given = _with(PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1", **variables)
    here = facts(interpreter=an_interpreter(variables_problem=said), variables=given)
    [finding] = draws("python-variables-stop-it", here)
    assert [f"unset {name}" for name in guilty] == list(finding.remedies[0].commands)
    assert [str(line) for line in finding.evidence[1:]] == [f"{name}={given[name]}" for name in guilty]


@pytest.mark.parametrize("kind", ["conda", "pyenv", "system", "unknown"])
def test_only_a_virtual_environment_is_made_anew(kind: str) -> None:
    """~/bin/python may be a broken link, too: what lies beside it is the user's home."""
    gone = no_interpreter("broken-link", problem="/nope/python3.13", kind=kind)
    (finding,) = [finding for finding in examine(gone) if finding.id == "python-not-found"]
    assert [remedy.id for remedy in finding.remedies] == ["name-another-python"]
