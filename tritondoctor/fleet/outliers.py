"""Outliers: hosts that differ from what most hosts of their role have in common.

A value is usual if at least two thirds of the hosts have it, and at least three.  So there are no
outliers among two hosts, or in a role whose hosts all differ.  Facts of the launch are compared among
the hosts that have them (a Python with PyTriton); the causes of the others say what is missing.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Optional

from tritondoctor.examination.diff import ABSENT, Group, group_of, relevance
from tritondoctor.fleet.model import Difference, Outlier
from tritondoctor.fleet.profiles import LAUNCH, PROGRAMS, Profiles, Section

FEWEST, PART = 3, 2 / 3
#: part -> name -> value
Usual = dict[str, dict[str, str]]


def outliers_of(
    role: Optional[str], hosts: Mapping[str, array[int]], failing: set[str], profiles: Profiles
) -> list[Outlier]:
    """Return the outliers of a role (host -> its sections), by the facts that differ, failing first."""
    usual = _usual(hosts, profiles)
    deviating_hosts: dict[Difference, list[str]] = defaultdict(list)
    by_section: dict[int, list[Difference]] = {}
    for host, numbers in hosts.items():
        for number in numbers:
            if number not in by_section:
                by_section[number] = list(_differences(profiles.sections[number], usual))
            for difference in by_section[number]:
                deviating_hosts[difference].append(host)
        for difference in _without({profiles.sections[number].part for number in numbers}, usual):
            deviating_hosts[difference].append(host)
    alike: dict[tuple[str, ...], list[Difference]] = defaultdict(list)
    for difference, deviating in deviating_hosts.items():
        alike[tuple(deviating)].append(difference)
    outliers = [
        Outlier(
            role,
            list(deviating),
            len(hosts) - len(deviating),
            len(failing.intersection(deviating)),
            _sorted(facts),
        )
        for deviating, facts in alike.items()
    ]
    return sorted(
        outliers,
        key=lambda outlier: (not outlier.failing, _rank(outlier.differences[0]), len(outlier.hosts)),
    )


def _usual(hosts: Mapping[str, array[int]], profiles: Profiles) -> Usual:
    sections = Counter(number for numbers in hosts.values() for number in numbers)
    values: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    having: Counter[str] = Counter()
    for number, count in sections.items():
        part, facts = profiles.sections[number]
        having[part] += count
        for name, value in facts.items():
            values[part, name][value] += count
    usual: Usual = defaultdict(dict)
    for (part, name), counted in values.items():
        total = having[part] if part.startswith(LAUNCH) else len(hosts)
        counted[ABSENT] += total - sum(counted.values())
        value, count = counted.most_common(1)[0]
        if count >= max(FEWEST, total * PART):
            usual[part][name] = value
    return usual


def _differences(section: Section, usual: Usual) -> Iterator[Difference]:
    known = usual.get(section.part, {})
    for name, value in known.items():
        here = section.facts.get(name, ABSENT)
        if here != value:
            yield Difference(_subject(section.part, name), name, value, here)


def _without(parts: set[str], usual: Usual) -> Iterator[Difference]:
    """Yield the usual facts of parts that a host lacks as a whole."""
    for part, facts in usual.items():
        if part not in parts and not part.startswith(LAUNCH):
            for name, value in facts.items():
                if value != ABSENT:
                    yield Difference(_subject(part, name), name, value, ABSENT)


def _subject(part: str, name: str) -> Group:
    return "libraries" if part == PROGRAMS else group_of(name)


def _sorted(facts: list[Difference]) -> list[Difference]:
    return sorted(facts, key=_rank)


def _rank(differs: Difference) -> tuple[int, bool]:
    return relevance(differs.subject, differs.name), ABSENT in (differs.usual, differs.value)
