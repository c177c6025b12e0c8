"""The summary of a fleet (the source of data/fleet.schema.json)."""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

from tritondoctor.examination.diff import Group as Subject
from tritondoctor.fleet.record import Status

SCHEMA: Literal["tritondoctor.fleet/1"] = "tritondoctor.fleet/1"
Verdict = Literal["ok", "warn", "fail"]
#: the names that fields have in JSON, where the code has others
_JSON_NAMES = {"status": "answer", "message": "said", "outliers": "odd"}


class SummaryPart(msgspec.Struct, frozen=True, rename=_JSON_NAMES):
    """Base of all parts of a summary."""


class Cure(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A remedy as the report of one host has it."""

    title: str
    commands: tuple[str, ...] = ()


class HostCause(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A finding that hosts share, in the words of the first of them."""

    id: str
    severity: Literal["error", "warning", "info"]
    title: str
    explanation: str = ""
    evidence: tuple[str, ...] = ()
    remedies: tuple[Cure, ...] = ()


class Variant(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """Hosts with the same causes and evidence, apart from names, numbers and places."""

    hosts: list[str]
    causes: tuple[HostCause, ...]


class CauseGroup(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """Hosts with the same errors or, if they have none, warnings.  The largest variant comes first."""

    severity: Literal["error", "warning"]
    ids: tuple[str, ...]
    size: int
    variants: list[Variant]


class Deviation(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A fact: its usual value in the role, and its value here."""

    subject: Subject
    name: str
    usual: str
    value: str


class Outlier(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """Hosts that differ from the `others` of their role in the same facts, the most relevant first.

    `failing` of them have an error.
    """

    role: Optional[str]
    hosts: list[str]
    others: int
    failing: int
    differences: list[Deviation]


class Silent(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A host without a report, and why."""

    host: str
    role: Optional[str]
    status: Status
    message: str


class Unread(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A source that is not a readable report."""

    source: str
    why: str


class Repeated(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A host that was read more than once; the last source counts."""

    host: str
    sources: list[str]


class Cards(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """Hosts with the same cards (`8 x H100 80GB HBM3`; "" for none) and the same driver."""

    cards: str
    driver: str
    hosts: list[str]


class HostSummary(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """A host; `verdict` is None if it did not answer."""

    host: str
    role: Optional[str]
    status: Status
    verdict: Optional[Verdict]
    causes: tuple[str, ...]


class FleetSummary(SummaryPart, frozen=True, rename=_JSON_NAMES):
    """The summary.  `verdict` is `fail` if a host has an error or did not answer."""

    schema: Literal["tritondoctor.fleet/1"]
    version: str
    verdict: Verdict
    groups: list[CauseGroup]
    outliers: list[Outlier]
    silent: list[Silent]
    unread: list[Unread]
    repeated: list[Repeated]
    gpus: list[Cards]
    hosts: list[HostSummary]
    seconds: float

    def exit_code(self, *, strict: bool) -> int:
        """1 with an error and, if `strict`, with a warning; else 0."""
        return int(self.verdict == "fail" or (strict and self.verdict == "warn"))
