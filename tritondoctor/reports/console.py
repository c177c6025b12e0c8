"""What a person reads: the verdict, which environment, each finding, and as last line what to type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Console

from tritondoctor.checks import Rule
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.finding import (
    MARKS,
    brief_lines,
    finding_lines,
    headline,
    learn_more,
    rows_of,
    title_lines,
)
from tritondoctor.reports.layout import Line, broken, print_lines, width_of, wrapped
from tritondoctor.reports.words import chosen_option, footer, heading, set_aside, severity, verdict
from tritondoctor.support import invocation
from tritondoctor.support.detail import Detail, most
from tritondoctor.support.messages import _

__all__ = ["MARKS", "conclusion", "explain", "finding_lines", "header", "learn_more", "render", "show"]
_PAGE_WIDTH = 80
_MOST_LOG_LINES = 6
#: a line of a program, which a traceback quotes
_SOURCE = re.compile(r"\s*(?:from [\w.]+ import |import |assert |raise |[\w.]+ = )")
#: a screen of one fault, and of more; those after the second are a headline
_ROWS_OF_ONE, _ROWS_OF_TWO, _IN_FULL = 18, 30, 2


def show(
    report: Report,
    console: Console,
    detail: Detail = Detail.NORMAL,
    program: str = invocation.NAME,
) -> None:
    """Print the report; it fits any width, and says the same without colour."""
    print_lines(console, _safe(report, width_of(console), detail, program))


def render(report: Report) -> str:
    """The same as plain text."""
    return "\n".join(line for line, _style in _safe(report, 80, Detail.NORMAL, invocation.NAME))


def conclusion(report: Report) -> Iterator[Line]:
    """The verdict, and the ids of what is wrong, in one line."""
    return _safe(report, 80, Detail.QUIET, invocation.NAME)


def _safe(report: Report, width: int, detail: Detail, program: str) -> Iterator[Line]:
    """No file name and no text of a snapshot controls the terminal or looks like a line of ours."""
    for line, style in _lines(report, width, detail, program):
        yield printable(line).replace("\n", "\\n"), style


def _lines(report: Report, width: int, detail: Detail, program: str) -> Iterator[Line]:
    if detail is Detail.QUIET:
        yield _in_one_line(report), _TONES[report.verdict]
        return
    program = invocation.NAME if report.from_snapshot else program
    above = [*_verdict(report, width), *header(report.facts, report.chosen_by, width)]
    below = [*_notes(report, width, detail), *next_lines(report, program)]
    if detail is Detail.FULL:
        findings = _all(report, width, program)
    else:
        room = -rows_of([*above, *below], width)
        findings = _brief(report, width, program, room)
    yield from (*above, ("", ""), *findings, *below)


_TONES = {"fail": "bold red", "warn": "bold yellow", "ok": "bold green"}


def _in_one_line(report: Report) -> str:
    ids = dict.fromkeys(finding.id for finding in report.findings if finding.severity != "info")
    return _("{verdict}: {ids}", verdict=verdict(report), ids=", ".join(ids)) if ids else verdict(report)


def _verdict(report: Report, width: int) -> Iterator[Line]:
    seconds = f"{report.seconds:.2f}"
    if report.from_snapshot:
        how = _("({seconds} s, from a snapshot)", seconds=seconds)
    else:
        how = _("({seconds} s; nothing was changed)", seconds=seconds)
    line = _("{verdict} {how}", verdict=verdict(report), how=how)
    yield from wrapped(line, "    ", width, _TONES[report.verdict], hang=True)


def header(facts: Facts, chosen_by: str, width: int = 80) -> Iterator[Line]:
    """Which environment this is about."""
    interpreter = facts.interpreter
    yield from wrapped(heading(facts), "    ", width, "bold", hang=True)
    chosen = _(
        "{python} ({kind}; chosen by {option})",
        python=interpreter.path, kind=interpreter.kind, option=chosen_option(chosen_by, interpreter.path),
    )  # fmt: skip
    yield from wrapped(chosen, "    ", width, "dim", hang=True)


def _all(report: Report, width: int, program: str) -> Iterator[Line]:
    yield from _gpus(report.facts, width)
    for finding in report.findings:
        yield from finding_lines(finding, width, program)
        yield "", ""


def _brief(report: Report, width: int, program: str, room: int) -> Iterator[Line]:
    """As much as fits a screen beside what stands above and below; `room` is less than 0 by those."""
    serious = [finding for finding in report.findings if finding.severity != "info"]
    full, others = serious[:_IN_FULL], serious[_IN_FULL:]
    room += (_ROWS_OF_ONE if len(serious) == 1 else _ROWS_OF_TWO) - 1
    cards = list(_gpus(report.facts, width)) if report.verdict != "fail" else []
    room -= rows_of(cards, width)
    yield from cards
    for number, finding in enumerate(full):
        rows = room // (len(full) - number) - 1
        lines = [*brief_lines(finding, width, rows, program), ("", "")]
        room -= rows_of(lines, width)
        yield from lines
    for finding in others:
        yield from headline(finding, width, program)
    if report.verdict != "fail":
        infos = [finding for finding in report.findings if finding.severity == "info"]
        yield from (line for finding in infos for line in title_lines(finding, width))
        others += infos
    if others:
        yield "", ""


def _gpus(facts: Facts, width: int) -> Iterator[Line]:
    if not facts.gpu.present:
        return
    from tritondoctor.reports import gpus

    rows = list(gpus.table(facts, width))
    yield from ((row, "dim") for row in rows)
    if rows:
        yield "", ""


def _notes(report: Report, width: int, detail: Detail) -> Iterator[Line]:
    """What is ignored, and what is not shown."""
    for ignored in report.ignored:
        line = _(
            "ignored: {title} ({id}). Reason: {reason}",
            title=ignored.finding.title, id=ignored.finding.id, reason=ignored.because,
        )  # fmt: skip
        yield from wrapped(f"[-] {line}", "    ", width, "dim", hang=True)
    for line in footer(report) if detail is Detail.FULL else set_aside(report):
        yield from wrapped(line, "", width, "dim")


def next_lines(report: Report, program: str) -> Iterator[Line]:
    """What to type next."""
    serious = [finding for finding in report.findings if finding.severity != "info"]
    if serious:
        yield learn_more(serious[0].id, program), ""
    option = f" {report.chosen_by}" if report.chosen_by.startswith("--") else ""
    errors = [finding for finding in serious if finding.severity == "error"]
    if any(remedy.edits for error in errors for remedy in error.remedies):
        yield _repair(report, f"{program} fix{option}"), ""
    elif not serious:
        yield _proof(report, f"{program} selftest{option}"), ""


def _repair(report: Report, command: str) -> str:
    if report.from_snapshot:
        return _("To repair it there (can be undone): {command}", command=command)
    return _("To repair it (can be undone): {command}", command=command)


def _proof(report: Report, command: str) -> str:
    if report.from_snapshot:
        return _("To prove it there: {command}", command=command)
    return _("To prove it: {command}", command=command)


def explain(rule: Rule, console: Console) -> None:
    """Print the page of one finding id."""
    print_lines(console, _page(rule, min(console.width, _PAGE_WIDTH)))


def _page(rule: Rule, width: int) -> Iterator[Line]:
    from tritondoctor.reports.page import signs_of, unbraced

    yield f"{rule.id} ({severity(rule.severity)})", "bold"
    for head, body in (
        (_("What it means"), rule.means),
        (_("How it was verified"), rule.verified),
        (_("How to fix it by hand"), rule.by_hand),
    ):
        yield "", ""
        yield head, "bold"
        yield from wrapped(unbraced(_(body)), "    ", width)
    yield from _in_logs([sign.line for sign in signs_of(rule.id)], width)


def _in_logs(lines: Sequence[str], width: int) -> Iterator[Line]:
    """Typical lines; one of source code alone says nothing to a reader, of a traceback the last does."""
    ends = [line.rpartition("\\n")[2] if line.startswith('File "') else line for line in lines]
    typical = list(dict.fromkeys(line.strip() for line in ends if not _SOURCE.match(line)))
    shown = typical[: most(_MOST_LOG_LINES)]
    if shown:
        yield "", ""
        yield _("How it looks in a log"), "bold"
    for line in shown:
        for count, part in enumerate(broken(line, width - 8)):
            yield ("      " if count else "    ") + part, "dim"
    if len(typical) > len(shown):
        yield "    " + _("and {count:,} more (-v shows all)", count=len(typical) - len(shown)), "dim"
