"""One finding: what is wrong, why it matters, what to type, the evidence; whole or in so many rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Optional

from rich.cells import cell_len

from tritondoctor.checks import Finding
from tritondoctor.checks.model import Remedy
from tritondoctor.reports.layout import Line, broken, wrapped
from tritondoctor.reports.shorten import ELLIPSIS, shortened
from tritondoctor.reports.words import severity
from tritondoctor.support import invocation
from tritondoctor.support.messages import _

MARKS = {"error": ("[x]", "bold red"), "warning": ("[!]", "yellow"), "info": ("[i]", "cyan")}
_INDENT, _DEEPER, _BULLET = " " * 4, " " * 8, "      - "
_EXPLANATION_ROWS, _EVIDENCE_ROWS = 4, 3
#: what two rows lose where a line breaks at a word
_ROOM_TO_BREAK = 24


def title_lines(finding: Finding, width: int) -> Iterator[Line]:
    """The title with the finding's id, for `explain` and --ignore."""
    sign, style = MARKS[finding.severity]
    yield from wrapped(f"{sign} {headed(finding)}", _INDENT, width, style, hang=True)


def headed(finding: Finding) -> str:
    """Its severity, title and id."""
    return _(
        "{severity}: {title} ({id})",
        severity=severity(finding.severity), title=finding.title, id=finding.id,
    )  # fmt: skip


def finding_lines(finding: Finding, width: int, program: str = invocation.NAME) -> Iterator[Line]:
    """All of it; `program` is how the doctor was started."""
    yield from title_lines(finding, width)
    yield from wrapped(str(finding.explanation), _INDENT, width)
    yield from _remedies(finding.remedies, width, program)
    for evidence in finding.evidence:
        for number, line in enumerate(broken(str(evidence), width - len(_BULLET))):
            yield (_DEEPER if number else _BULLET) + line, "dim"


def brief_lines(
    finding: Finding, width: int, rows: int, program: str = invocation.NAME
) -> Iterator[Line]:
    """The same in about so many rows of a screen; what `fix` can repair needs no commands by hand."""
    title = _narrow(title_lines(finding, width), width)
    why = _cut(_narrow(wrapped(str(finding.explanation), _INDENT, width), width))
    room = rows - len(title) - len(why)
    repairable = any(remedy.edits for remedy in finding.remedies)
    least = min(len(finding.evidence), _EVIDENCE_ROWS if repairable else 1)
    remedies = _fitting(finding, width, room - least, program)
    evidence = min(max(room - rows_of(remedies, width), least), _EVIDENCE_ROWS)
    yield from (*title, *why, *remedies, *_some_evidence(finding, width, evidence))


def _narrow(lines: Iterable[Line], width: int) -> list[Line]:
    """The lines, each in one row: what cannot be broken, a path, is shortened."""
    return [
        (
            line if cell_len(line) <= width else _INDENT + shortened(line.strip(), width - len(_INDENT)),
            style,
        )
        for line, style in lines
    ]


def headline(finding: Finding, width: int, program: str = invocation.NAME) -> Iterator[Line]:
    """Its title, and of an error a row of why and the first thing to do: others stand before it."""
    yield from title_lines(finding, width)
    if finding.severity == "error":
        yield from _cut(_narrow(wrapped(str(finding.explanation), _INDENT, width), width), rows=1)
        yield from _first_only(finding.remedies, width, program)


def rows_of(lines: Sequence[Line], width: int) -> int:
    """How many rows of a screen they take: commands are not broken at words."""
    return sum(max(1, -(-cell_len(line) // width)) for line, _style in lines)


def _cut(lines: list[Line], rows: int = _EXPLANATION_ROWS) -> list[Line]:
    if len(lines) <= rows:
        return lines
    last, style = lines[rows - 1]
    begun = last[: -len(ELLIPSIS)]
    whole = begun if last[len(begun)].isspace() or " " not in begun.strip() else begun.rpartition(" ")[0]
    return [*lines[: rows - 1], (f"{whole.rstrip()}{ELLIPSIS}", style)]


def _fitting(finding: Finding, width: int, room: int, program: str) -> list[Line]:
    """The remedies, or as much of them as fits: at least the first, with commands if `fix` cannot."""
    remedies = finding.remedies
    repairable = any(remedy.edits for remedy in remedies)
    forms = [list(_remedies(remedies, width, program))]
    if repairable:
        forms.append(list(_titles(remedies, width)))
        forms.append(list(_titles(remedies[:1], width)))
    else:
        forms.append(list(_first_only(remedies, width, program)))
    return next((lines for lines in forms if rows_of(lines, width) <= room), forms[-1])


def _remedies(remedies: Sequence[Remedy], width: int, program: str) -> Iterator[Line]:
    for number, remedy in enumerate(remedies):
        head = way(number, len(remedies), remedy)
        yield from wrapped(_("{title}:", title=head) if remedy.commands else head, _INDENT, width)
        for command in remedy.commands:
            yield f"{_DEEPER}{invocation.command(command, program)}", "green"


def _titles(remedies: Sequence[Remedy], width: int) -> Iterator[Line]:
    for number, remedy in enumerate(remedies):
        yield from wrapped(way(number, len(remedies), remedy), _INDENT, width)


def _first_only(remedies: Sequence[Remedy], width: int, program: str) -> Iterator[Line]:
    yield from _remedies(remedies[:1], width, program)


def way(number: int, count: int, remedy: Remedy) -> str:
    """The remedy's title; of several each is enough."""
    if count == 1:
        return str(remedy.title)
    if number == 0:
        return _("Either: {title}", title=remedy.title)
    return _("Or: {title}", title=remedy.title)


def _some_evidence(finding: Finding, width: int, rows: int) -> Iterator[Line]:
    """A row for each, shortened; the first may take two."""
    cells, evidence = width - len(_BULLET), [str(line) for line in finding.evidence]
    first = _first(evidence[0], cells) if rows > 1 and evidence else []
    others = evidence[bool(first) : bool(first) + max(rows - len(first), 0)]
    more = len(evidence) - bool(first) - len(others)
    for number, line in enumerate(first):
        yield (_DEEPER if number else _BULLET) + line, "dim"
    for number, line in enumerate(others, 1):
        rest = _(" ({count} more: -v)", count=more) if more and number == len(others) else ""
        yield f"{_BULLET}{shortened(line, cells - cell_len(rest))}{rest}", "dim"


def _first(line: str, cells: int) -> list[str]:
    """It in a row where its words fit, else in two."""
    short = shortened(line, cells)
    if not short.endswith(ELLIPSIS):
        return [short]
    rows = broken(shortened(line, cells * 2 - _ROOM_TO_BREAK), cells)
    return [shortened(row, cells) for row in rows]


def learn_more(id: str, program: Optional[str] = None) -> str:
    """The command that explains a finding."""
    line = f"tritondoctor explain {id}"
    known = invocation.command(line, program) if program else invocation.typed(line)
    return _("Learn more: {command}", command=known)
