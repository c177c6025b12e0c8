"""Hands the cases of a subject to its tests, one at a time."""

from __future__ import annotations

import pytest

from tests.unit.checks.case import FindingTests


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise the tests of a `FindingTests` class by its cases."""
    if metafunc.cls is not None and issubclass(metafunc.cls, FindingTests):
        cases = metafunc.cls.CASES
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])
