"""Every finding and every sign as a person sees them, in the language that is chosen."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from tests.unit.running.test_judge import CASES as JUDGED
from tests.unit.test_screen import CASES, _report
from tritondoctor.checks import CATALOGUE, Rule, examine
from tritondoctor.examination.report import Report
from tritondoctor.logs import read, verdict
from tritondoctor.logs.folk_cures import FOLK_CURES, FolkCure
from tritondoctor.logs.signs import SIGNS
from tritondoctor.logs.verdict import LogVerdict
from tritondoctor.reports import attach, console, explain, folk_cure
from tritondoctor.reports.layout import Line
from tritondoctor.reports.page import signs_of
from tritondoctor.running import record
from tritondoctor.support.detail import Detail

#: so that nothing is broken or shortened
WIDE = 1_000_000


class Screen(NamedTuple):
    """What draws it at a width, and what on it is quoted."""

    draw: Callable[[int], str]
    quoted: tuple[str, ...] = ()


def _text(lines: Iterator[Line]) -> str:
    return "\n".join(line for line, _style in lines)


def _check(report: Report, width: int) -> str:
    return _text(console._safe(report, width, Detail.FULL, "tritondoctor"))


def _page(rule: Rule, width: int) -> str:
    return _text(console._page(rule, width))


def _log(found: LogVerdict, width: int) -> str:
    return _text(explain._lines("log", found, width))


def _server(examined: record.Examined, width: int) -> str:
    return _text(attach._safe(attach._lines(examined, width)))


def _cure(cure: FolkCure, width: int) -> str:
    return _text(folk_cure.lines(cure.example, cure, width))


def findings() -> Iterator[tuple[str, Screen]]:
    """The cases of the unit tests, as a check shows them."""
    for name, case in CASES.items():
        found = tuple(found for found in examine(case.fires) if found.id == case.id)
        commands = [remedy.commands for finding in found for remedy in finding.remedies]
        yield name, Screen(partial(_check, _report(case, found)), tuple(itertools.chain(*commands)))


def pages() -> Iterator[tuple[str, Screen]]:
    """What `explain ID` prints."""
    for rule in CATALOGUE.values():
        yield rule.id, Screen(partial(_page, rule), tuple(sign.line for sign in signs_of(rule.id)))


def signs() -> Iterator[tuple[str, Screen]]:
    """What `explain LOG` says of each line that is known."""
    for number, sign in enumerate(SIGNS):
        found = verdict.explain(read.read(io.BytesIO(sign.line.encode())))
        yield f"{sign.id or sign.role}-{number}", Screen(partial(_log, found), (sign.line,))


def running() -> Iterator[tuple[str, Screen]]:
    """What `attach` says of each recording of the unit tests."""
    for case in JUDGED:
        yield f"{case.id}-{case.note}", Screen(partial(_server, record.examined(case.fires)))


def cures() -> Iterator[tuple[str, Screen]]:
    """What `explain` says of the commands that are passed around."""
    for cure in FOLK_CURES:
        yield cure.example, Screen(partial(_cure, cure), (cure.example,))


SCREENS = {"findings": findings, "pages": pages, "signs": signs, "running": running,
           "cures": cures}  # fmt: skip
