"""A fleet as a person reads it: the causes first, then who is odd and who did not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from tritondoctor.fleet.model import Cause, CauseGroup, FleetSummary, Outlier
from tritondoctor.privacy.printable import printable
from tritondoctor.reports import fleet_words as words
from tritondoctor.reports.console import MARKS, broken, wrapped

_MOST_EVIDENCE, _MOST_VARIANTS, _MOST_FACTS, _MOST_ODD, _MOST_HOST_LINES, _MOST_UNREAD = (
    3,
    3,
    5,
    12,
    3,
    10,
)
_TONES = {"fail": "bold red", "warn": "bold yellow", "ok": "bold green"}
_LONGEST = 60
_DETAILS = "--json has all"
Line = tuple[str, str]


def show(fleet: FleetSummary, console: Console) -> None:
    """Prints it; fits any width, and says the same without colour."""
    with console.capture() as captured:  # rich itself would turn a closed pipe into an exit code
        for line, style in _lines(fleet, min(console.width, 100)):
            console.print(Text(line, style=style), soft_wrap=True)
    console.file.write(captured.get())


def render(fleet: FleetSummary) -> str:
    """The same as plain text."""
    return "\n".join(line for line, _ in _lines(fleet, 80))


def _lines(fleet: FleetSummary, width: int) -> Iterator[Line]:
    for line, style in _sections(fleet, width):
        yield printable(line).replace("\n", "\\n"), style


def _sections(fleet: FleetSummary, width: int) -> Iterator[Line]:
    sound = [host.host for host in fleet.hosts if host.verdict == "ok"]
    head = f"tritondoctor: {words.many(len(fleet.hosts), 'host')}, {len(sound):,} without a fault"
    yield from wrapped(head, "    ", width, "bold", hang=True)
    yield from _hosts(sound, "    ", width, "dim", 1)
    yield "", ""
    for group in fleet.groups:
        yield from _group(group, width)
        yield "", ""
    yield from _odd(fleet.outliers, width)
    yield from _silent(fleet, width)
    yield from _gpus(fleet, width)
    yield from _unread(fleet, width)
    yield from wrapped(f"{words.verdict(fleet)} ({fleet.seconds:.1f} s).", "    ", width,
                       _TONES[fleet.verdict], hang=True)  # fmt: skip
    if fleet.groups:
        yield f"More on it: tritondoctor explain {fleet.groups[0].ids[0]}", ""


def _group(group: CauseGroup, width: int) -> Iterator[Line]:
    mark, style = MARKS[group.severity]
    head = f"{mark} {words.many(group.size, 'host')}: {', '.join(group.ids)}"
    yield from wrapped(head, "    ", width, style, hang=True)
    for variant in group.variants[:_MOST_VARIANTS]:
        yield from _hosts(variant.hosts, "    ", width, "bold")
        for cause in variant.causes:
            yield from _cause(cause, width)
    more = group.variants[_MOST_VARIANTS:]
    if more:
        hosts = [host for one in more for host in one.hosts]
        yield from wrapped(f"The same causes, seen otherwise ({_DETAILS}):", "    ", width, "")
        yield from _hosts(hosts, "    ", width, "bold")


def _cause(cause: Cause, width: int) -> Iterator[Line]:
    yield from wrapped(cause.title, "      ", width, "")
    for evidence in cause.evidence[:_MOST_EVIDENCE]:
        for number, line in enumerate(broken(evidence, width - 10)):
            yield ("          " if number else "        - ") + line, "dim"
    if len(cause.evidence) > _MOST_EVIDENCE:
        yield f"        - and {len(cause.evidence) - _MOST_EVIDENCE} more ({_DETAILS})", "dim"
    for remedy in cause.remedies[:1]:
        yield from wrapped(f"{remedy.title}{':' if remedy.commands else ''}", "      ", width, "")
        for command in remedy.commands:
            yield f"          {command}", "green"


def _odd(odd: Sequence[Outlier], width: int) -> Iterator[Line]:
    if not odd:
        return
    yield "Outlier ones out", "bold"
    for one in odd[:_MOST_ODD]:
        yield from _hosts(one.hosts, "    ", width, "yellow")
        yield from wrapped(f"{words.odd(one)}:", "      ", width, "")
        for fact in one.differences[:_MOST_FACTS]:
            told = f"{fact.name}: {_cut(fact.value)}  (usual: {_cut(fact.usual)})"
            for number, line in enumerate(broken(told, width - 12)):
                yield ("            " if number else "        ") + line, "dim"
        if len(one.differences) > _MOST_FACTS:
            yield f"        and {len(one.differences) - _MOST_FACTS} more facts ({_DETAILS})", "dim"
    if len(odd) > _MOST_ODD:
        hosts = {host for one in odd[_MOST_ODD:] for host in one.hosts}
        said = f"{words.many(len(hosts), 'host')} in {len(odd) - _MOST_ODD} more ways ({_DETAILS})"
        yield from wrapped(said, "    ", width, "dim")
    yield "", ""


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 2]}.."


def _silent(fleet: FleetSummary, width: int) -> Iterator[Line]:
    if not fleet.silent:
        return
    yield f"{words.many(len(fleet.silent), 'host')} did not answer", "bold red"
    for answer, said, hosts in words.by_answer(fleet.silent):
        yield from _hosts(hosts, "    ", width, "bold")
        told = f"{words.ANSWERS[answer]}{': ' if said else ''}{said}"
        yield from wrapped(told, "      ", width, "dim")
    yield "", ""


def _gpus(fleet: FleetSummary, width: int) -> Iterator[Line]:
    if not words.drivers(fleet):
        return
    yield "GPUs", "bold"
    for one in fleet.gpus:
        driver = f", driver {one.driver or 'none'}" if one.cards else ""
        told = f"{words.many(len(one.hosts), 'host')}: {one.cards or 'none'}{driver}"
        yield from wrapped(told, "      ", width, "", hang=False)
    yield "", ""


def _unread(fleet: FleetSummary, width: int) -> Iterator[Line]:
    if fleet.unread:
        yield f"{words.many(len(fleet.unread), 'report')} could not be read", "bold red"
        for one in fleet.unread[:_MOST_UNREAD]:
            yield from wrapped(f"{one.source}: {one.why}", "    ", width, "")
        if len(fleet.unread) > _MOST_UNREAD:
            yield f"    and {len(fleet.unread) - _MOST_UNREAD} more ({_DETAILS})", "dim"
        yield "", ""
    if fleet.repeated:
        yield "Read more than once; the last one counts", "bold"
        for repeated in fleet.repeated[:_MOST_UNREAD]:
            sources = ", ".join(repeated.sources[-3:])
            yield from wrapped(f"{repeated.host}: {sources}", "    ", width, "")
        if len(fleet.repeated) > _MOST_UNREAD:
            yield f"    and {len(fleet.repeated) - _MOST_UNREAD} more ({_DETAILS})", "dim"
        yield "", ""


def _hosts(
    hosts: Sequence[str], indent: str, width: int, style: str, most: int = _MOST_HOST_LINES
) -> Iterator[Line]:
    """Names, broken behind commas; the list of many ends where `most` lines are full."""
    names, line = ", ".join(words.folded(hosts)), indent
    for part in re.findall(r"[^,]*,? ?", names):
        if len(line) + len(part.rstrip()) > width and line != indent:
            yield line.rstrip(), style
            most -= 1
            line = indent
            if not most:
                yield f"{indent}... of {words.many(len(hosts), 'host')} ({_DETAILS})", style
                return
        line += part
    if line != indent:
        yield line.rstrip(), style
