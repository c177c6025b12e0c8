"""Words about a fleet that several formats say alike."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tritondoctor.fleet.model import FleetSummary, Outlier, Silent
from tritondoctor.fleet.record import Status
from tritondoctor.reports.words import counted

#: the number that counts hosts: the last one before the domain
_NUMBERED = re.compile(r"([^.]*?)([0-9]{1,18})([^0-9.]*(?:\..*)?)")
ANSWERS: dict[Status, str] = {
    "unreachable": "not reached", "timed-out": "no answer in time",
    "no-python": "no Python that the doctor can run with", "failed": "the doctor failed there",
}  # fmt: skip
_NUMBERS = re.compile(r"[0-9]+")


def verdict(fleet: FleetSummary) -> str:
    """The verdict in one sentence."""
    failing = sum(host.verdict == "fail" for host in fleet.hosts)
    warned = sum(host.verdict == "warn" for host in fleet.hosts)
    total = many(len(fleet.hosts), "host")
    parts = []
    if failing:
        causes = {id for group in fleet.groups if group.severity == "error" for id in group.ids}
        parts.append(f"PyTriton will not work on {failing:,} of {total}: {many(len(causes), 'cause')}")
    if fleet.silent:
        parts.append(f"{len(fleet.silent):,} {'' if parts else f'of {total} '}did not answer")
    if not parts:
        parts.append(f"PyTriton will start and answer on {'all ' * (len(fleet.hosts) > 1)}{total}")
    if warned:
        parts.append(f"{many(warned, 'host')} with warnings")
    if fleet.unread:
        parts.append(f"{many(len(fleet.unread), 'report')} could not be read")
    return "; ".join(parts)


def many(number: int, word: str) -> str:
    """`1 host`, `1,000 hosts`."""
    return counted(number, word).replace(str(number), f"{number:,}", 1)


def folded(hosts: Iterable[str]) -> list[str]:
    """`gpu[001-018,023]`, `web3` of names, as Slurm writes them."""
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    found: list[tuple[str, str] | str] = []
    for host in hosts:
        match = _NUMBERED.fullmatch(host)
        if match is None:
            found.append(host)
            continue
        key = match[1], match[3]
        if key not in numbers:
            found.append(key)
        numbers[key].append(match[2])
    return [
        text
        for one in found
        for text in ([one] if isinstance(one, str) else _with_numbers(*one, numbers[one]))
    ]


def _with_numbers(before: str, after: str, digits: Sequence[str]) -> Iterator[str]:
    padded = any(digit.startswith("0") and len(digit) > 1 for digit in digits)
    widths: dict[int, list[int]] = defaultdict(list)
    for digit in digits:
        widths[len(digit) if padded else 0].append(int(digit))
    for width, some in sorted(widths.items()):
        ranges = list(_ranges(sorted(some), width))
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
    """(answer, what was heard last, hosts) of those that were heard to say the same."""
    alike: dict[tuple[Status, str], list[Silent]] = defaultdict(list)
    for one in silent:
        said = _NUMBERS.sub("#", one.message.replace(one.host, "HOST"))
        alike[one.status, said].append(one)
    order = list(ANSWERS)
    found = [
        (some[0].status, _last(some[0].message), [one.host for one in some]) for some in alike.values()
    ]
    return sorted(found, key=lambda one: (order.index(one[0]), -len(one[2])))


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1].strip() if lines else ""


def odd(one: Outlier) -> str:
    """How the hosts stand to the others of their role."""
    others = f"{many(one.others, 'other')}{f' of role {one.role}' if one.role is not None else ''}"
    if len(one.hosts) == 1:
        return f"differs from {others}{', and has an error' if one.failing else ''}"
    count = "all" if one.failing == len(one.hosts) else f"{one.failing:,}"
    failing = f", and {count} of them have an error" if one.failing else ""
    return f"{len(one.hosts):,} hosts differ from {others}{failing}"


def drivers(fleet: FleetSummary) -> list[str]:
    """The versions of drivers, the most frequent first; "" where there is none."""
    counted = Counter[str]()
    for one in fleet.gpus:
        if one.cards:
            counted[one.driver] += len(one.hosts)
    return [driver for driver, _ in counted.most_common()]
