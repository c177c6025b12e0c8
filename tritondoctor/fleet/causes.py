"""Hosts grouped by their causes, and within those by what is seen for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tritondoctor.examination.diff import Folders, common
from tritondoctor.fleet.model import Cause, CauseGroup, Variant

#: what differs from host to host and from start to start: long numbers, and names made at random
_CHANCE = re.compile(
    r"\b(?=[0-9a-f-]*\d)[0-9a-f]{8}[0-9a-f-]*\b|(?<![\d.])\d{4,}(?![\d.])|(?<=workspace_)\w+|(?<=/tmp/)[^/\s]+"
    r"|(?<=pid )\d+"
)


class CauseOccurrence(NamedTuple):
    """What two hosts have alike where they are of one variant."""

    ids: tuple[str, ...]
    evidence: tuple[str, ...]


def seen(host: str, causes: tuple[Cause, ...], places: Folders) -> CauseOccurrence:
    """Causes without what differs by chance."""
    lines = (line for cause in causes for line in (cause.title, *cause.evidence))
    evidence = tuple(_CHANCE.sub("#", _without(host, common(line, places))) for line in lines)
    return CauseOccurrence(tuple(sorted({cause.id for cause in causes})), evidence)


def _without(host: str, line: str) -> str:
    return re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", "HOST", line) if host in line else line


class Causes:
    """Variants by number, each with the words of the first host that has it."""

    def __init__(self) -> None:
        self.told: list[tuple[Cause, ...]] = []
        self._known: dict[CauseOccurrence, int] = {}
        self._ids: list[tuple[str, ...]] = []

    def add(self, host: str, causes: tuple[Cause, ...], places: Folders) -> int:
        """The number of the variant to which a host's causes belong."""
        what = seen(host, causes, places)
        number = self._known.setdefault(what, len(self.told))
        if number == len(self.told):
            self.told.append(causes)
            self._ids.append(what.ids)
        return number

    def ids(self, number: int) -> tuple[str, ...]:
        """The ids of a variant's causes."""
        return self._ids[number]

    def groups(self, hosts: Iterable[tuple[str, int]]) -> list[CauseGroup]:
        """Groups of (host, variant): errors first, then the largest."""
        by_variant: dict[int, list[str]] = defaultdict(list)
        for host, number in hosts:
            by_variant[number].append(host)
        by_ids: dict[tuple[str, ...], list[Variant]] = defaultdict(list)
        for number, some in by_variant.items():
            if self.told[number]:
                by_ids[self._ids[number]].append(Variant(some, self.told[number]))
        found = [_group(ids, variants) for ids, variants in by_ids.items()]
        return sorted(found, key=lambda one: (one.severity != "error", -one.size, one.ids))


def _group(ids: tuple[str, ...], variants: list[Variant]) -> CauseGroup:
    variants.sort(key=lambda one: -len(one.hosts))
    severity = "error" if variants[0].causes[0].severity == "error" else "warning"
    return CauseGroup(severity, ids, sum(len(variant.hosts) for variant in variants), variants)  # type: ignore[arg-type]
