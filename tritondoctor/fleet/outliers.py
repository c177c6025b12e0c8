"""The odd ones out: what most hosts of a role have in common, and who has it otherwise.

A value is usual where at least two thirds of the hosts have it, and three of them do; so two hosts, or a
role of which every host is different, have no odd one.  What the launch would do is compared among those
hosts that have one (a Python and PyTriton in it): of the others, their causes say why.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Optional

from tritondoctor.examination.diff import ABSENT, Group, group_of, relevance
from tritondoctor.fleet.model import Differs, Odd
from tritondoctor.fleet.profiles import LAUNCH, PROGRAMS, Profiles, Section

FEWEST, PART = 3, 2 / 3
#: part -> name -> value
Usual = dict[str, dict[str, str]]


def odd_ones(
    role: Optional[str], hosts: Mapping[str, array[int]], failing: set[str], profiles: Profiles
) -> list[Odd]:
    """Hosts of one role (name -> its sections) that differ in the same facts, the failing first."""
    usual = _usual(hosts, profiles)
    who: dict[Differs, list[str]] = defaultdict(list)
    told: dict[int, list[Differs]] = {}
    for host, numbers in hosts.items():
        for number in numbers:
            if number not in told:
                told[number] = list(_differences(profiles.sections[number], usual))
            for one in told[number]:
                who[one].append(host)
        for one in _without({profiles.sections[number].part for number in numbers}, usual):
            who[one].append(host)
    alike: dict[tuple[str, ...], list[Differs]] = defaultdict(list)
    for one, some in who.items():
        alike[tuple(some)].append(one)
    found = [
        Odd(role, list(some), len(hosts) - len(some), len(failing.intersection(some)), _sorted(facts))
        for some, facts in alike.items()
    ]
    return sorted(found, key=lambda one: (not one.failing, _rank(one.differences[0]), len(one.hosts)))


def _usual(hosts: Mapping[str, array[int]], profiles: Profiles) -> Usual:
    sections = Counter(number for numbers in hosts.values() for number in numbers)
    values: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    having: Counter[str] = Counter()
    for number, count in sections.items():
        part, facts = profiles.sections[number]
        having[part] += count
        for name, value in facts.items():
            values[part, name][value] += count
    found: Usual = defaultdict(dict)
    for (part, name), counted in values.items():
        total = having[part] if part.startswith(LAUNCH) else len(hosts)
        counted[ABSENT] += total - sum(counted.values())
        value, count = counted.most_common(1)[0]
        if count >= max(FEWEST, total * PART):
            found[part][name] = value
    return found


def _differences(section: Section, usual: Usual) -> Iterator[Differs]:
    known = usual.get(section.part, {})
    for name, value in known.items():
        here = section.facts.get(name, ABSENT)
        if here != value:
            yield Differs(_subject(section.part, name), name, value, here)


def _without(parts: set[str], usual: Usual) -> Iterator[Differs]:
    """What a host lacks with a whole part."""
    for part, facts in usual.items():
        if part not in parts and not part.startswith(LAUNCH):
            for name, value in facts.items():
                if value != ABSENT:
                    yield Differs(_subject(part, name), name, value, ABSENT)


def _subject(part: str, name: str) -> Group:
    return "libraries" if part == PROGRAMS else group_of(name)


def _sorted(facts: list[Differs]) -> list[Differs]:
    return sorted(facts, key=_rank)


def _rank(differs: Differs) -> tuple[int, bool]:
    return relevance(differs.subject, differs.name), ABSENT in (differs.usual, differs.value)
