"""What a person reads: verdict first, then each finding with evidence and what to type."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from tritondoctor.checks import Finding, Rule
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.words import footer, heading, verdict

MARKS = {"error": ("[x]", "bold red"), "warning": ("[!]", "yellow"), "info": ("[i]", "cyan")}
_MOST_EVIDENCE = 9


def show(report: Report, console: Console) -> None:
    """Prints the report; fits any width, and says the same without colour."""
    with console.capture() as captured:  # rich itself would turn a closed pipe into an exit code
        for line, style in _safe(report, min(console.width, 100)):
            # soft_wrap keeps commands and paths whole, so that they can be copied
            console.print(Text(line, style=style), soft_wrap=True)
    console.file.write(captured.get())


def render(report: Report) -> str:
    """The same as plain text."""
    return "\n".join(line for line, _ in _safe(report, 80))


def _safe(report: Report, width: int) -> Iterator[tuple[str, str]]:
    """No file's name and no snapshot's text gives the terminal orders, or passes for a line of ours."""
    for line, style in _lines(report, width):
        yield printable(line).replace("\n", "\\n"), style


def _lines(report: Report, width: int) -> Iterator[tuple[str, str]]:
    yield from header(report.facts, report.chosen_by, width)
    yield "", ""
    if report.facts.gpu.present:
        from tritondoctor.reports import gpus

        rows = list(gpus.table(report.facts, width))
        for line in rows:
            yield line, "dim"
        if rows:
            yield "", ""
    for finding in report.findings:
        yield from finding_lines(finding, width)
        yield "", ""
    for one in report.ignored:
        said = f"[-] ignored: {one.finding.title} ({one.finding.id}). Reason: {one.because}"
        yield from wrapped(said, "    ", width, "dim", hang=True)
    if report.ignored:
        yield "", ""
    for line in footer(report):
        yield from wrapped(line, "", width, "dim")
    yield from _verdict(report, width)


def header(facts: Facts, chosen_by: str, width: int = 80) -> Iterator[tuple[str, str]]:
    """Which environment this is about."""
    asked = facts.interpreter
    yield from wrapped(f"tritondoctor: {heading(facts)}", "    ", width, "bold", hang=True)
    yield from wrapped(f"{asked.path}  ({asked.kind}; chosen by {chosen_by})", "    ", width, "dim")


def finding_lines(finding: Finding, width: int) -> Iterator[tuple[str, str]]:
    """One finding: (line, style) for each of its lines."""
    mark, style = MARKS[finding.severity]
    yield from wrapped(f"{mark} {finding.severity}: {finding.title}", "    ", width, style, hang=True)
    for evidence in finding.evidence[:_MOST_EVIDENCE]:
        for number, line in enumerate(broken(str(evidence), width - 8)):
            yield ("        " if number else "      - ") + line, "dim"
    if len(finding.evidence) > _MOST_EVIDENCE:
        yield f"      - and {len(finding.evidence) - _MOST_EVIDENCE} more (--json has all)", "dim"
    yield from wrapped(str(finding.explanation), "    ", width, "")
    for remedy in finding.remedies:
        yield from wrapped(f"{remedy.title}{':' if remedy.commands else ''}", "    ", width, "")
        for command in remedy.commands:
            yield f"        {command}", "green"
    if finding.severity != "info":
        yield f"    ({finding.id})", "dim"


_TONES = {"fail": "bold red", "warn": "bold yellow", "ok": "bold green"}


def _verdict(report: Report, width: int) -> Iterator[tuple[str, str]]:
    """The verdict, and as its last line what to type next."""
    how = "as the snapshot has it" if report.from_snapshot else "nothing was started or changed"
    said = f"{verdict(report)} ({report.seconds:.2f} s, {how})."
    yield from wrapped(said, "    ", width, _TONES[report.verdict], hang=True)
    serious = [finding for finding in report.findings if finding.severity != "info"]
    if serious:
        yield f"More on it: tritondoctor explain {serious[0].id}", ""
    named = f" {report.chosen_by}" if report.chosen_by.startswith("--") else ""
    there = " there" if report.from_snapshot else ""
    errors = [one for one in serious if one.severity == "error"]
    if any(remedy.edits for error in errors for remedy in error.remedies):
        yield f"To repair it{there}: tritondoctor fix{named}", ""
    elif not serious:
        yield f"To prove it{there}: tritondoctor selftest{named}", ""


def broken(words: str, width: int) -> list[str]:
    """Lines broken at spaces only: a path or a loader's word stays whole."""
    return textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False) or [""]


def wrapped(
    words: str, indent: str, width: int, style: str, *, hang: bool = False
) -> Iterator[tuple[str, str]]:
    """(line, style) of a paragraph; `hang`: its first line is not indented."""
    lines = textwrap.wrap(
        words,
        width,
        initial_indent="" if hang else indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        yield line, style


def explain(check: Rule, console: Console) -> None:
    """Prints the page of one finding id."""
    from tritondoctor.reports.page import signs_of

    width = min(console.width, 80)
    console.print(Text(f"{check.id} ({check.severity})", style="bold"))
    for head, body in (
        ("What it means", check.means),
        ("How it was verified", check.verified),
        ("How to cure it by hand", check.by_hand),
    ):
        console.print()
        console.print(Text(head, style="bold"))
        for line, _ in wrapped(body.replace("{{", "{").replace("}}", "}"), "    ", width, ""):
            console.print(Text(line), soft_wrap=True)
    for number, sign in enumerate(signs_of(check.id)):
        if number == 0:
            console.print()
            console.print(Text("How it looks in a log", style="bold"))
        for count, line in enumerate(broken(sign.line, width - 8)):
            console.print(Text(("      " if count else "    ") + line, style="dim"), soft_wrap=True)
