"""A fleet as a person reads it: the causes first, then outliers and hosts that did not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Console

from tritondoctor.fleet.model import CauseGroup, FleetSummary, HostCause, Outlier
from tritondoctor.privacy.printable import printable
from tritondoctor.reports import fleet_words as words
from tritondoctor.reports.console import MARKS, learn_more
from tritondoctor.reports.layout import Line, broken, print_lines, width_of, wrapped
from tritondoctor.support.messages import _, plural, shown

_MOST_EVIDENCE, _MOST_VARIANTS, _MOST_FACTS = 3, 3, 5
_MOST_OUTLIERS, _MOST_HOST_LINES, _MOST_UNREAD = 12, 3, 10
_TONES = {"fail": "bold red", "warn": "bold yellow", "ok": "bold green"}
_LONGEST = 60


def show(fleet: FleetSummary, console: Console) -> None:
    """Print it; it fits any width, and says the same without colour."""
    print_lines(console, _lines(fleet, width_of(console)))


def render(fleet: FleetSummary) -> str:
    """The same as plain text."""
    return "\n".join(line for line, _style in _lines(fleet, 80))


def conclusion(fleet: FleetSummary) -> Iterator[Line]:
    """The verdict, in one line."""
    seconds = f"{fleet.seconds:.1f}"
    verdict = _("{verdict} ({seconds} s).", verdict=words.verdict(fleet), seconds=seconds)
    yield verdict, _TONES[fleet.verdict]


def _lines(fleet: FleetSummary, width: int) -> Iterator[Line]:
    for line, style in _sections(fleet, width):
        yield printable(line).replace("\n", "\\n"), style


def _sections(fleet: FleetSummary, width: int) -> Iterator[Line]:
    working = [host.host for host in fleet.hosts if host.verdict == "ok"]
    head = _(
        "{hosts}, {working:,} without errors or warnings",
        hosts=words.hosts(len(fleet.hosts)), working=len(working),
    )  # fmt: skip
    yield from wrapped(f"tritondoctor: {head}", "    ", width, "bold", hang=True)
    yield from _hosts(working, "    ", width, "dim", 1)
    yield "", ""
    for group in fleet.groups:
        yield from _group(group, width)
        yield "", ""
    yield from _outliers(fleet.outliers, width)
    yield from _silent(fleet, width)
    yield from _gpus(fleet, width)
    yield from _unread(fleet, width)
    for line, style in conclusion(fleet):
        yield from wrapped(line, "    ", width, style, hang=True)
    if fleet.groups:
        yield learn_more(fleet.groups[0].ids[0]), ""


def _group(group: CauseGroup, width: int) -> Iterator[Line]:
    sign, style = MARKS[group.severity]
    head = _("{hosts}: {ids}", hosts=words.hosts(group.size), ids=", ".join(group.ids))
    yield from wrapped(f"{sign} {head}", "    ", width, style, hang=True)
    for variant in group.variants[:_MOST_VARIANTS]:
        yield from _hosts(variant.hosts, "    ", width, "bold")
        for cause in variant.causes:
            yield from _cause(cause, width)
    others = group.variants[_MOST_VARIANTS:]
    if others:
        hosts = [host for variant in others for host in variant.hosts]
        line = _("The same causes, with other evidence (--json has all):")
        yield from wrapped(line, "    ", width)
        yield from _hosts(hosts, "    ", width, "bold")


def _cause(cause: HostCause, width: int) -> Iterator[Line]:
    yield from wrapped(shown(cause.title), "      ", width)
    for evidence in cause.evidence[:_MOST_EVIDENCE]:
        for number, line in enumerate(broken(shown(evidence), width - 10)):
            yield ("          " if number else "        - ") + line, "dim"
    if len(cause.evidence) > _MOST_EVIDENCE:
        yield f"        - {_more(len(cause.evidence) - _MOST_EVIDENCE)}", "dim"
    for remedy in cause.remedies[:1]:
        title = _("{title}:", title=remedy.title) if remedy.commands else shown(remedy.title)
        yield from wrapped(title, "      ", width)
        for command in remedy.commands:
            yield f"          {command}", "green"


def _more(count: int) -> str:
    return _("and {count} more (--json has all)", count=count)


def _outliers(outliers: Sequence[Outlier], width: int) -> Iterator[Line]:
    if not outliers:
        return
    yield _("Outliers"), "bold"
    for outlier in outliers[:_MOST_OUTLIERS]:
        yield from _hosts(outlier.hosts, "    ", width, "yellow")
        yield from wrapped(_("{title}:", title=words.outlier(outlier)), "      ", width)
        facts, following = words.told_apart(outlier)
        for fact in facts[:_MOST_FACTS]:
            usual = _("(usual: {value})", value=_cut(fact.usual))
            for number, line in enumerate(
                broken(f"{fact.name}: {_cut(fact.value)}  {usual}", width - 12)
            ):
                yield ("            " if number else "        ") + line, "dim"
        if following:
            line = plural(
                "and {count} fact that follows from another Python (--json has all)",
                "and {count} facts that follow from another Python (--json has all)", following,
            )  # fmt: skip
            yield from wrapped(line, "        ", width, "dim")
        if len(facts) > _MOST_FACTS:
            more = len(facts) - _MOST_FACTS
            line = plural(
                "and {count} more fact (--json has all)", "and {count} more facts (--json has all)", more
            )
            yield f"        {line}", "dim"
    hidden = outliers[_MOST_OUTLIERS:]
    if hidden:
        line = words.more_ways((host for outlier in hidden for host in outlier.hosts), len(hidden))
        yield from wrapped(_("{hosts} (--json has all)", hosts=line), "    ", width, "dim")
    yield "", ""


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 2]}.."


def _silent(fleet: FleetSummary, width: int) -> Iterator[Line]:
    if not fleet.silent:
        return
    count = len(fleet.silent)
    yield plural("{count:,} host did not answer", "{count:,} hosts did not answer", count), "bold red"
    for answer, message, hosts in words.by_answer(fleet.silent):
        yield from _hosts(hosts, "    ", width, "bold")
        line = _(words.ANSWERS[answer])
        line = _("{state}: {reason}", state=line, reason=message) if message else line
        yield from wrapped(line, "      ", width, "dim")
    yield "", ""


def _gpus(fleet: FleetSummary, width: int) -> Iterator[Line]:
    if not words.drivers(fleet):
        return
    yield _("GPUs"), "bold"
    for cards in fleet.gpus:
        hosts = words.hosts(len(cards.hosts))
        if cards.cards:
            driver = cards.driver or _("none")
            line = _("{hosts}: {cards}, driver {driver}", hosts=hosts, cards=cards.cards, driver=driver)
        else:
            line = _("{hosts}: none", hosts=hosts)
        yield from wrapped(line, "      ", width)
    yield "", ""


def _unread(fleet: FleetSummary, width: int) -> Iterator[Line]:
    if fleet.unread:
        yield words.unread(len(fleet.unread)), "bold red"
        for unread in fleet.unread[:_MOST_UNREAD]:
            yield from wrapped(
                _("{name}: {reason}", name=unread.source, reason=unread.why), "    ", width
            )
        yield from _rest(len(fleet.unread))
    if fleet.repeated:
        yield _("Read more than once; the last one counts"), "bold"
        for repeated in fleet.repeated[:_MOST_UNREAD]:
            sources = ", ".join(repeated.sources[-3:])
            yield from wrapped(f"{repeated.host}: {sources}", "    ", width)
        yield from _rest(len(fleet.repeated))


def _rest(count: int) -> Iterator[Line]:
    if count > _MOST_UNREAD:
        yield f"    {_more(count - _MOST_UNREAD)}", "dim"
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
                rest = _("... of {hosts} (--json has all)", hosts=words.hosts(len(hosts)))
                yield f"{indent}{rest}", style
                return
        line += part
    if line != indent:
        yield line.rstrip(), style
