"""Advice that `check` prints cures: followed in a shell letter by letter, its finding is gone, and no
error has come instead.

All environments: `pytest -m truth tests/truth/test_advice.py` (`python -m tests.truth.advice FILE` does
the same in pieces, and starts PyTriton at the end); every CI run does the few of `_SLICE`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.truth.advice import walk
from tests.truth.bench import Bench
from tests.truth.declare import Environment
from tests.truth.environments import ALL
from tests.truth.stock import Absent

_SLICE = {
    "two-shadows-in-the-working-directory",
    "no-libpython-in-a-read-only-environment",
}
_OTHER = "the interpreter loads another libpython then; what it says of itself nobody knows before"
#: environment -> why what is printed there does not cure when the tests follow it
_NOT_BY_US = {
    "debian-libpython-of-another-release": _OTHER,
    "library-renamed-to-another-version": _OTHER,
    "no-python3-in-a-read-only-environment": "the check says that this user may not write there",
    "shadowing-folder-that-is-needed": "the check says what comes then; pip would have to fetch it",
}


def _parameters() -> Iterator[object]:
    for name, environment in ALL.items():
        if environment.ids or environment.build.__module__.endswith("overlapping"):
            marks = [pytest.mark.truth_slice] if name in _SLICE else []
            yield pytest.param(environment, id=name.replace(" ", "-"), marks=[pytest.mark.truth, *marks])


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.mark.parametrize("environment", _parameters())
def test_printed_advice_cures(environment: Environment, bench: Bench) -> None:
    try:
        with bench.build(environment, own=True) as workpiece:
            walked = walk(workpiece, environment.name)
    except Absent as absent:
        pytest.skip(str(absent))
    misleading = [step for step in walked.steps if not step.cures]
    assert bool(misleading) == (environment.name in _NOT_BY_US), misleading or "an exception is none"
