"""One fault fills at most 18 rows of an 80 column terminal, two at most 30; the verdict stands first."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.checks.case import Case, FindingTests
from tritondoctor.checks import Finding, examine
from tritondoctor.examination.report import Report
from tritondoctor.reports import console
from tritondoctor.support.detail import Detail

WIDTH = 80


def _cases() -> Iterator[Case]:
    for path in sorted(Path(__file__).with_name("checks").glob("test_*.py")):
        module = importlib.import_module(f"tests.unit.checks.{path.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, FindingTests):
                yield from value.CASES


CASES = {case.name: case for case in _cases()}


def _report(case: Case, findings: tuple[Finding, ...]) -> Report:
    python = case.fires.interpreter.path
    return Report(python, None, "venv", f"--python {python}", case.fires, findings, 0.5)


def _rows(report: Report, detail: Detail = Detail.NORMAL) -> list[str]:
    """What stands on the screen, each row of at most 80 cells."""
    lines = [line for line, _style in console._safe(report, WIDTH, detail, "tritondoctor")]
    return [line[at : at + WIDTH] for line in lines for at in range(0, max(len(line), 1), WIDTH)]


@pytest.mark.parametrize("name", CASES)
def test_one_fault_fits_a_screen(name: str) -> None:
    case = CASES[name]
    (finding, *_others) = [found for found in examine(case.fires) if found.id == case.id]
    rows = _rows(_report(case, (finding,)))
    assert len(rows) <= 18, "\n".join(rows)
    assert "PyTriton will" in rows[0] or "GPU will not" in rows[0] or "would start" in rows[0]
    assert finding.id in "".join(rows)
