"""Screens that nobody designs: names of 300 characters, 40 faults at once, any width, other scripts."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len

from tests.unit.checks.case import Case
from tests.unit.test_screen import CASES, _report
from tritondoctor.checks import Finding, examine
from tritondoctor.checks.model import Text, text
from tritondoctor.examination.report import Report
from tritondoctor.reports import console
from tritondoctor.support.detail import Detail

LONG = "/home/" + "a-very-long-name/" * 18
#: wide, combining, right-to-left with an override, an emoji of several code points
NAMES = (
    "/srv/" + "\u6a21\u578b" * 30, "/srv/" + "e\u0301a\u0308" * 20, "/srv/\u202e\u05d0\u05d1\u05d2/x",
    "/srv/\U0001f469\u200d\U0001f4bb",
)  # fmt: skip
WIDTHS = (40, 80, 200)
ONE = CASES["libpython-missing"]


def _first(case: Case) -> Finding:
    return next(found for found in examine(case.fires) if found.id == case.id)


def _lines(report: Report, width: int, detail: Detail = Detail.NORMAL) -> list[str]:
    return [line for line, _style in console._safe(report, width, detail, "tritondoctor")]


def _rows(lines: list[str], width: int) -> int:
    return sum(max(1, -(-cell_len(line) // width)) for line in lines)


def _about(path: str) -> Report:
    """A finding that speaks of a path everywhere."""
    finding = _first(ONE)
    said = text("{path} is not found", path=path)
    changed = msgspec.structs.replace(finding, title=said, explanation=said, evidence=(said, said))
    return _report(ONE, (changed,))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", (LONG, *NAMES), ids=("long", "wide", "combining", "bidi", "emoji"))
def test_names_of_any_kind(path: str, width: int) -> None:
    lines = _lines(_about(path), width)
    assert "will not start here" in " ".join(lines[:2])
    assert "\u202e" not in "".join(lines) and "\u200d" not in "".join(lines)
    assert ONE.id in "".join(lines)
    evidence = [line for line in lines if line.startswith("      - ")]
    assert evidence and all(cell_len(line) <= width for line in evidence)
    if width >= 80:
        assert _rows(lines, width) <= 18, "\n".join(lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_forty_faults_at_once(width: int) -> None:
    findings = {case.id: _first(case) for case in CASES.values()}
    errors = [finding for finding in findings.values() if finding.severity == "error"][:40]
    assert len(errors) == 40
    lines = _lines(_report(ONE, tuple(errors)), width)
    assert "40 causes" in " ".join(lines[:2])
    assert all(
        f"({error.id})" in "".join(lines).replace("    ", "") or error.id in "".join(lines)
        for error in errors
    )
    assert lines[-1].startswith("To repair it") or "fix" in " ".join(lines[-2:])
    assert len(_lines(_report(ONE, tuple(errors)), width, Detail.QUIET)) == 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(CASES)[::7])
def test_only_commands_and_single_words_are_wider_than_the_screen(name: str, width: int) -> None:
    case = CASES[name]
    report = _report(case, (_first(case),))
    for line in _lines(report, width, Detail.FULL):
        longest = max(map(cell_len, line.split()), default=0)
        is_command = line.startswith(" " * 8) or "tritondoctor " in line or "  " in line.strip()
        assert cell_len(line) <= width or is_command or longest > width - 10, line


def test_an_empty_text_is_no_header_of_a_catalogue() -> None:
    assert str(Text("")) == ""
