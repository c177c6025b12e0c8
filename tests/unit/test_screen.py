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
from tritondoctor.reports.shorten import shortened
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


#: findings that stand beside each other on real machines
PAIRS = (
    ("libpython-missing", "libstdcxx-too-old"),
    ("numpy-too-new", "workspace-path-too-long"),
    ("port-in-use", "limit-too-low"),
    ("pytriton-missing", "no-gpu"),
)


@pytest.mark.parametrize("ids", PAIRS, ids="+".join)
def test_two_faults_fit_thirty_rows(ids: tuple[str, str]) -> None:
    cases = [next(case for case in CASES.values() if case.id == id) for id in ids]
    found = [next(found for found in examine(case.fires) if found.id == case.id) for case in cases]
    rows = _rows(_report(cases[0], tuple(found)))
    assert len(rows) <= 30, "\n".join(rows)
    assert all(id in "".join(rows) for id in ids)


def test_all_of_it_and_one_line() -> None:
    case = CASES["libpython-missing"]
    findings = tuple(found for found in examine(case.fires) if found.id == case.id)
    report = _report(case, findings)
    everything = "\n".join(_rows(report, Detail.FULL))
    assert all(command in everything.replace("\n", "") for command in findings[0].remedies[0].commands)
    (line,) = _rows(report, Detail.QUIET)
    assert line == "PyTriton will not start here: 1 cause: libpython-missing"


@pytest.mark.parametrize(
    ("line", "cells", "shown"),
    [
        ("not found in /a/b/c/d", 40, "not found in /a/b/c/d"),
        ("/srv/x/conda/lib/python3.10: no", 24, ".../lib/python3.10: no"),
        ("/srv/x/conda/lib/../lib/python3.10: no", 24, ".../lib/python3.10: no"),
        ("/srv/x/conda/lib/python3.10: no", 20, ".../python3.10: no"),
        ("no path at all, only words", 12, "no path a..."),
    ],
)
def test_paths_are_shortened_before_words(line: str, cells: int, shown: str) -> None:
    assert shortened(line, cells) == shown
