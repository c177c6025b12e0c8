"""Hosts grouped by their causes, and within those by the evidence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tritondoctor.examination.diff import Folders, common
from tritondoctor.fleet.model import CauseGroup, HostCause, Variant

#: what varies with host and start: long numbers and random names
_CHANCE = re.compile(
    r"\b(?=[0-9a-f-]*\d)[0-9a-f]{8}[0-9a-f-]*\b|(?<![\d.])\d{4,}(?![\d.])|(?<=workspace_)\w+|(?<=/tmp/)[^/\s]+"
    r"|(?<=pid )\d+"
)


class CauseOccurrence(NamedTuple):
    """What hosts of the same variant share."""

    ids: tuple[str, ...]
    evidence: tuple[str, ...]


def occurrence_of(host: str, causes: tuple[HostCause, ...], places: Folders) -> CauseOccurrence:
    """Return the causes without what varies from host to host."""
    lines = (line for cause in causes for line in (cause.title, *cause.evidence))
    evidence = tuple(_CHANCE.sub("#", _without(host, common(line, places))) for line in lines)
    return CauseOccurrence(tuple(sorted({cause.id for cause in causes})), evidence)


def _without(host: str, line: str) -> str:
    return re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", "HOST", line) if host in line else line


class Causes:
    """Variants by number, each in the words of the first host that has it."""

    def __init__(self) -> None:
        self.variants: list[tuple[HostCause, ...]] = []
        self._known: dict[CauseOccurrence, int] = {}
        self._ids: list[tuple[str, ...]] = []

    def add(self, host: str, causes: tuple[HostCause, ...], places: Folders) -> int:
        """Return the number of the variant to which a host's causes belong."""
        occurrence = occurrence_of(host, causes, places)
        number = self._known.setdefault(occurrence, len(self.variants))
        if number == len(self.variants):
            self.variants.append(causes)
            self._ids.append(occurrence.ids)
        return number

    def ids(self, number: int) -> tuple[str, ...]:
        """Return the ids of a variant's causes."""
        return self._ids[number]

    def groups(self, hosts: Iterable[tuple[str, int]]) -> list[CauseGroup]:
        """Group pairs of host and variant: errors first, then the largest groups."""
        by_variant: dict[int, list[str]] = defaultdict(list)
        for host, number in hosts:
            by_variant[number].append(host)
        by_ids: dict[tuple[str, ...], list[Variant]] = defaultdict(list)
        for number, hosts_alike in by_variant.items():
            if self.variants[number]:
                by_ids[self._ids[number]].append(Variant(hosts_alike, self.variants[number]))
        groups = [_group(ids, variants) for ids, variants in by_ids.items()]
        return sorted(groups, key=lambda group: (group.severity != "error", -group.size, group.ids))


def _group(ids: tuple[str, ...], variants: list[Variant]) -> CauseGroup:
    variants.sort(key=lambda variant: -len(variant.hosts))
    severity = "error" if variants[0].causes[0].severity == "error" else "warning"
    return CauseGroup(severity, ids, sum(len(variant.hosts) for variant in variants), variants)  # type: ignore[arg-type]
