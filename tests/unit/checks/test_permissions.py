"""Findings about files that are there and may not be used."""

from __future__ import annotations

from tests.unit.build import (
    PACKAGE,
    PYTHON,
    SITE,
    a_launch,
    a_link_problem,
    a_pytriton,
    an_import_problem,
    an_interpreter,
    facts,
    with_import,
)
from tests.unit.checks.case import Case, FindingTests, draws
from tritondoctor.facts.interpreter.model import SearchedPath
from tritondoctor.facts.launch.model import WheelFile
from tritondoctor.facts.machine.model import Barrier
from tritondoctor.facts.model import Facts

_ZMQ = Barrier(f"{SITE}/zmq", "folder", "700", 0, (f"{SITE}/zmq",))
_ROOT = Barrier("/root", "folder", "700", 0, (PYTHON,))
_MISSING = an_import_problem("missing", "zmq.asyncio")
_BLAS = f"{SITE}/numpy.libs/libopenblas.so"
_OF_BLAS = Barrier(_BLAS, "file", "600", 0, (_BLAS,))


def _not_found(why: str) -> Facts:
    """Facts where the stub does not find a library of NumPy's, in one place by this reason."""
    tried = SearchedPath(f"{SITE}/numpy/core/../../numpy.libs/libopenblas.so", "runpath", why)
    problem = a_link_problem("not-found", "libopenblas.so", tried=(tried,))
    return facts(launch=a_launch({"stub": (problem,)}), barriers=(_OF_BLAS,))


class TestPermissions(FindingTests):
    CASES = (
        Case(
            "access-denied",
            fires=with_import(_MISSING, barriers=(_ZMQ,)),
            # it is not imported, or it is imported and found
            silent=facts(barriers=(_ZMQ,)),
            says=("alice", f"{SITE}/zmq", "mode 700", "owner root", f"chmod -R a+rX {SITE}/zmq"),
        ),
        Case(
            "access-denied",
            note="interpreter",
            fires=facts(
                interpreter=an_interpreter(starts=False, state="refused"), pytriton=None, launch=None,
                barriers=(_ROOT,),
            ),
            silent=facts(
                interpreter=an_interpreter(starts=False, state="missing"), pytriton=None, launch=None
            ),
            says=("/root", "mode 700", "tritondoctor install"),
        ),
        Case(
            "access-denied",
            note="pytriton",
            fires=facts(
                pytriton=None, launch=None,
                barriers=(Barrier(PACKAGE, "folder", "700", 1000, (f"{PACKAGE}/triton.py",)),),
            ),
            silent=facts(pytriton=None, launch=None, barriers=(_ZMQ,)),
            says=("uid 1000",),
        ),
        Case(
            "access-denied",
            note="library",
            fires=_not_found("Permission denied"),
            silent=_not_found("no such file"),
            says=(_BLAS, "mode 600", f"chmod -R a+rX {_BLAS}"),
        ),
    )  # fmt: skip


def test_what_may_not_be_read_is_not_missing() -> None:
    assert not draws("package-missing", with_import(_MISSING, barriers=(_ZMQ,)))
    assert draws("package-missing", with_import(_MISSING))
    behind = facts(
        interpreter=an_interpreter(starts=False, state="broken-link"), pytriton=None, launch=None,
        barriers=(_ROOT,),
    )  # fmt: skip
    assert not draws("python-not-found", behind)


def test_a_library_that_may_not_be_read_is_not_missing() -> None:
    assert not draws("library-missing", _not_found("Permission denied"))
    assert draws("library-missing", _not_found("no such file"))


def test_another_module_is_missing_all_the_same() -> None:
    here = with_import(an_import_problem("missing", "wrapt"), barriers=(_ZMQ,))
    assert draws("package-missing", here) and not draws("access-denied", here)


def test_a_file_of_the_wheel_behind_a_barrier_is_not_damaged() -> None:
    package = Barrier(f"{PACKAGE}/client", "folder", "700", 0, (f"{PACKAGE}/client/client.py",))
    damaged = (WheelFile(f"{PACKAGE}/client/client.py", "unreadable"),)
    problem = an_import_problem("missing", "pytriton.client.client")
    here = with_import(problem, pytriton=a_pytriton(damaged=damaged), barriers=(package,))
    assert not draws("wheel-damaged", here)
