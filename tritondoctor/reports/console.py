"""What a person reads: each finding with evidence and what to type, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from tritondoctor.checks import Finding, Rule
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.layout import Line, broken, print_lines, width_of, wrapped
from tritondoctor.reports.words import footer, heading, severity, verdict
from tritondoctor.support.messages import _

MARKS = {"error": ("[x]", "bold red"), "warning": ("[!]", "yellow"), "info": ("[i]", "cyan")}
_MOST_EVIDENCE = 9
_PAGE_WIDTH = 80


def show(report: Report, console: Console) -> None:
    """Print the report; it fits any width, and says the same without colour."""
    print_lines(console, _safe(report, width_of(console)))


def render(report: Report) -> str:
    """The same as plain text."""
    return "\n".join(line for line, _style in _safe(report, 80))


def _safe(report: Report, width: int) -> Iterator[Line]:
    """No file name and no text of a snapshot controls the terminal or looks like a line of ours."""
    for line, style in _lines(report, width):
        yield printable(line).replace("\n", "\\n"), style


def _lines(report: Report, width: int) -> Iterator[Line]:
    yield from header(report.facts, report.chosen_by, width)
    yield "", ""
    yield from _gpus(report.facts, width)
    for finding in report.findings:
        yield from finding_lines(finding, width)
        yield "", ""
    for ignored in report.ignored:
        line = _(
            "ignored: {title} ({id}). Reason: {reason}",
            title=ignored.finding.title, id=ignored.finding.id, reason=ignored.because,
        )  # fmt: skip
        yield from wrapped(f"[-] {line}", "    ", width, "dim", hang=True)
    if report.ignored:
        yield "", ""
    for line in footer(report):
        yield from wrapped(line, "", width, "dim")
    yield from _verdict(report, width)


def _gpus(facts: Facts, width: int) -> Iterator[Line]:
    if not facts.gpu.present:
        return
    from tritondoctor.reports import gpus

    rows = list(gpus.table(facts, width))
    yield from ((row, "dim") for row in rows)
    if rows:
        yield "", ""


def header(facts: Facts, chosen_by: str, width: int = 80) -> Iterator[Line]:
    """Which environment this is about."""
    interpreter = facts.interpreter
    yield from wrapped(f"tritondoctor: {heading(facts)}", "    ", width, "bold", hang=True)
    chosen = _(
        "{python}  ({kind}; chosen by {option})",
        python=interpreter.path, kind=interpreter.kind, option=chosen_by,
    )  # fmt: skip
    yield from wrapped(chosen, "    ", width, "dim")


def finding_lines(finding: Finding, width: int) -> Iterator[Line]:
    """The lines of one finding."""
    sign, style = MARKS[finding.severity]
    title = f"{sign} {severity(finding.severity)}: {finding.title}"
    yield from wrapped(title, "    ", width, style, hang=True)
    for evidence in finding.evidence[:_MOST_EVIDENCE]:
        for number, line in enumerate(broken(str(evidence), width - 8)):
            yield ("        " if number else "      - ") + line, "dim"
    more = len(finding.evidence) - _MOST_EVIDENCE
    if more > 0:
        yield f"      - {_('and {count} more (--json has all)', count=more)}", "dim"
    yield from wrapped(str(finding.explanation), "    ", width)
    for remedy in finding.remedies:
        yield from wrapped(f"{remedy.title}{':' if remedy.commands else ''}", "    ", width)
        for command in remedy.commands:
            yield f"        {command}", "green"
    if finding.severity != "info":
        yield f"    ({finding.id})", "dim"


_TONES = {"fail": "bold red", "warn": "bold yellow", "ok": "bold green"}


def _verdict(report: Report, width: int) -> Iterator[Line]:
    """The verdict, and as its last line what to type next."""
    seconds = f"{report.seconds:.2f}"
    if report.from_snapshot:
        how = _("({seconds} s, from a snapshot)", seconds=seconds)
    else:
        how = _("({seconds} s; nothing was changed, PyTriton was not started)", seconds=seconds)
    yield from wrapped(f"{verdict(report)} {how}.", "    ", width, _TONES[report.verdict], hang=True)
    serious = [finding for finding in report.findings if finding.severity != "info"]
    if serious:
        yield learn_more(serious[0].id), ""
    option = f" {report.chosen_by}" if report.chosen_by.startswith("--") else ""
    errors = [finding for finding in serious if finding.severity == "error"]
    if any(remedy.edits for error in errors for remedy in error.remedies):
        yield _repair(report, f"tritondoctor fix{option}"), ""
    elif not serious:
        yield _proof(report, f"tritondoctor selftest{option}"), ""


def learn_more(id: str) -> str:
    """The command that explains a finding."""
    return _("Learn more: {command}", command=f"tritondoctor explain {id}")


def _repair(report: Report, command: str) -> str:
    if report.from_snapshot:
        return _("To repair it there: {command}", command=command)
    return _("To repair it: {command}", command=command)


def _proof(report: Report, command: str) -> str:
    if report.from_snapshot:
        return _("To prove it there: {command}", command=command)
    return _("To prove it: {command}", command=command)


def explain(rule: Rule, console: Console) -> None:
    """Print the page of one finding id."""
    print_lines(console, _page(rule, min(console.width, _PAGE_WIDTH)))


def _page(rule: Rule, width: int) -> Iterator[Line]:
    from tritondoctor.reports.page import signs_of

    yield f"{rule.id} ({severity(rule.severity)})", "bold"
    for head, body in (
        (_("What it means"), rule.means),
        (_("How it was verified"), rule.verified),
        (_("How to fix it by hand"), rule.by_hand),
    ):
        yield "", ""
        yield head, "bold"
        yield from wrapped(body.replace("{{", "{").replace("}}", "}"), "    ", width)
    signs = signs_of(rule.id)
    if signs:
        yield "", ""
        yield _("How it looks in a log"), "bold"
    for sign in signs:
        for count, line in enumerate(broken(sign.line, width - 8)):
            yield ("      " if count else "    ") + line, "dim"
