"""Sentences about a fleet that several formats share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tritondoctor.fleet.model import Deviation, FleetSummary, Outlier, Silent
from tritondoctor.fleet.record import Status
from tritondoctor.support.messages import _, mark, plural

#: the number that counts hosts: the last one before the domain
_NUMBERED = re.compile(r"([^.]*?)([0-9]{1,18})([^0-9.]*(?:\..*)?)")
ANSWERS: dict[Status, str] = {
    "unreachable": mark("not reached"),
    "timed-out": mark("no answer in time"),
    "no-python": mark("no Python that tritondoctor can run with"),
    "failed": mark("tritondoctor failed there"),
}
_NUMBERS = re.compile(r"[0-9]+")


def verdict(fleet: FleetSummary) -> str:
    """The verdict in one sentence."""
    failing = sum(host.verdict == "fail" for host in fleet.hosts)
    warned = sum(host.verdict == "warn" for host in fleet.hosts)
    parts = []
    if failing:
        parts.append(_failing(fleet, failing))
    if fleet.silent:
        parts.append(_silent(fleet, alone=not failing))
    if not parts:
        parts.append(_all_good(len(fleet.hosts)))
    if warned:
        parts.append(plural("{count:,} host with warnings", "{count:,} hosts with warnings", warned))
    if fleet.unread:
        parts.append(unread(len(fleet.unread)))
    return "; ".join(parts)


def _failing(fleet: FleetSummary, failing: int) -> str:
    causes = {id for group in fleet.groups if group.severity == "error" for id in group.ids}
    return plural(
        "PyTriton will not work on {failing:,} of {hosts}: {count:,} cause",
        "PyTriton will not work on {failing:,} of {hosts}: {count:,} causes",
        len(causes),
        failing=failing,
        hosts=hosts(len(fleet.hosts)),
    )


def _silent(fleet: FleetSummary, *, alone: bool) -> str:
    if alone:
        return _(
            "{count:,} of {hosts} did not answer",
            count=len(fleet.silent), hosts=hosts(len(fleet.hosts)),
        )  # fmt: skip
    return _("{count:,} did not answer", count=len(fleet.silent))


def _all_good(count: int) -> str:
    return plural(
        "PyTriton will start and answer on {count:,} host",
        "PyTriton will start and answer on all {count:,} hosts",
        count,
    )


def hosts(count: int) -> str:
    """`1 host`, `1,000 hosts`."""
    return plural("{count:,} host", "{count:,} hosts", count)


def unread(count: int) -> str:
    """How many reports could not be read."""
    return plural("{count:,} report could not be read", "{count:,} reports could not be read", count)


def more_ways(names: Iterable[str], count: int) -> str:
    """The outliers that are not shown: their hosts, and in how many ways they differ."""
    return plural(
        "{hosts} in {count} more way", "{hosts} in {count} more ways", count, hosts=hosts(len(set(names)))
    )


def folded(names: Iterable[str]) -> list[str]:
    """`gpu[001-018,023]`, `web3` of names, as Slurm writes them."""
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    order: list[tuple[str, str] | str] = []
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match is None:
            order.append(name)
            continue
        key = match[1], match[3]
        if key not in numbers:
            order.append(key)
        numbers[key].append(match[2])
    return [
        text
        for key in order
        for text in ([key] if isinstance(key, str) else _with_numbers(*key, numbers[key]))
    ]


def _with_numbers(before: str, after: str, digits: Sequence[str]) -> Iterator[str]:
    padded = any(digit.startswith("0") and len(digit) > 1 for digit in digits)
    widths: dict[int, list[int]] = defaultdict(list)
    for digit in digits:
        widths[len(digit) if padded else 0].append(int(digit))
    for width, members in sorted(widths.items()):
        ranges = list(_ranges(sorted(members), width))
        single = len(ranges) == 1 and "-" not in ranges[0]
        yield f"{before}{ranges[0] if single else '[' + ','.join(ranges) + ']'}{after}"


def _ranges(numbers: Sequence[int], width: int) -> Iterator[str]:
    first = last = numbers[0]
    for number in (*numbers[1:], None):
        if number is not None and number <= last + 1:
            last = number
            continue
        yield f"{first:0{width}}" + (f"-{last:0{width}}" if last > first else "")
        if number is not None:
            first = last = number


def by_answer(silent: Sequence[Silent]) -> list[tuple[Status, str, list[str]]]:
    """(answer, last line of the message, hosts) of hosts with the same message."""
    alike: dict[tuple[Status, str], list[Silent]] = defaultdict(list)
    for host in silent:
        message = _NUMBERS.sub("#", host.message.replace(host.host, "HOST"))
        alike[host.status, message].append(host)
    order = list(ANSWERS)
    groups = [
        (members[0].status, _last_line(members[0].message), [host.host for host in members])
        for members in alike.values()
    ]
    return sorted(groups, key=lambda group: (order.index(group[0]), -len(group[2])))


def _last_line(message: str) -> str:
    lines = message.strip().splitlines()
    return lines[-1].strip() if lines else ""


def told_apart(outlier: Outlier) -> tuple[list[Deviation], int]:
    """The facts by which hosts differ; where their Python does, how many others follow from that."""
    facts = outlier.differences
    version = [fact for fact in facts if fact.name == "interpreter.version"]
    if not version:
        return facts, 0
    own = [
        fact for fact in facts if fact.subject != "libraries" and not fact.name.startswith("interpreter.")
    ]
    return [*version, *own], len(facts) - len(own) - 1


def outlier(outlier: Outlier) -> str:
    """How the hosts differ from the others of their role."""
    others = _others(outlier)
    count, failing = len(outlier.hosts), outlier.failing
    if count == 1:
        if failing:
            return _("differs from {others}, and has an error", others=others)
        return _("differs from {others}", others=others)
    if failing == count:
        return _(
            "{count:,} hosts differ from {others}, and all of them have an error",
            count=count, others=others,
        )  # fmt: skip
    if failing:
        return _(
            "{count:,} hosts differ from {others}, and {failing:,} of them have an error",
            count=count, others=others, failing=failing,
        )  # fmt: skip
    return _("{count:,} hosts differ from {others}", count=count, others=others)


def _others(outlier: Outlier) -> str:
    if outlier.role is None:
        return plural("{count:,} other", "{count:,} others", outlier.others)
    return plural(
        "{count:,} other of role {role}",
        "{count:,} others of role {role}",
        outlier.others,
        role=outlier.role,
    )


def drivers(fleet: FleetSummary) -> list[str]:
    """The versions of drivers, the most frequent first; "" where there is none."""
    counts = Counter[str]()
    for cards in fleet.gpus:
        if cards.cards:
            counts[cards.driver] += len(cards.hosts)
    return [driver for driver, _count in counts.most_common()]
