"""The shape of what is said of a fleet (data/fleet.schema.json is made of it)."""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

from tritondoctor.examination.diff import Group as Subject
from tritondoctor.fleet.record import Answer

SCHEMA: Literal["tritondoctor.fleet/1"] = "tritondoctor.fleet/1"
Verdict = Literal["ok", "warn", "fail"]


class Said(msgspec.Struct, frozen=True):
    """Base of everything that is said of a fleet."""


class Cure(Said, frozen=True):
    """A remedy as the report of one host has it."""

    title: str
    commands: tuple[str, ...] = ()


class Cause(Said, frozen=True):
    """A finding that hosts have in common, in the words of the first of them."""

    id: str
    severity: Literal["error", "warning", "info"]
    title: str
    explanation: str = ""
    evidence: tuple[str, ...] = ()
    remedies: tuple[Cure, ...] = ()


class Variant(Said, frozen=True):
    """Hosts on which the same is seen for the same causes, but for names, numbers and places."""

    hosts: list[str]
    causes: tuple[Cause, ...]


class CauseGroup(Said, frozen=True):
    """Hosts with the same causes: of an error, else of warnings.  The largest variant comes first."""

    severity: Literal["error", "warning"]
    ids: tuple[str, ...]
    size: int
    variants: list[Variant]


class Differs(Said, frozen=True):
    """A fact: what is usual in the role, and what it is here."""

    subject: Subject
    name: str
    usual: str
    value: str


class Odd(Said, frozen=True):
    """Hosts that differ from `others` hosts of their role in the same facts, the relevant first.

    `failing` is how many of them have an error.
    """

    role: Optional[str]
    hosts: list[str]
    others: int
    failing: int
    differences: list[Differs]


class Silent(Said, frozen=True):
    """A host of which there is no report, and why."""

    host: str
    role: Optional[str]
    answer: Answer
    said: str


class Unread(Said, frozen=True):
    """What was given and is no report that can be read."""

    source: str
    why: str


class Repeated(Said, frozen=True):
    """A host that was read more than once; the last source counts."""

    host: str
    sources: list[str]


class Cards(Said, frozen=True):
    """Hosts with the same cards (`8 x H100 80GB HBM3`; "" for none) and the same driver."""

    cards: str
    driver: str
    hosts: list[str]


class HostRecord(Said, frozen=True):
    """One host; `verdict` is None where it did not answer."""

    host: str
    role: Optional[str]
    answer: Answer
    verdict: Optional[Verdict]
    causes: tuple[str, ...]


class FleetSummary(Said, frozen=True):
    """All that is said.  `verdict` is `fail` where a host has an error or did not answer."""

    schema: Literal["tritondoctor.fleet/1"]
    version: str
    verdict: Verdict
    groups: list[CauseGroup]
    odd: list[Odd]
    silent: list[Silent]
    unread: list[Unread]
    repeated: list[Repeated]
    gpus: list[Cards]
    hosts: list[HostRecord]
    seconds: float

    def exit_code(self, *, strict: bool) -> int:
        """As everywhere: 1 with an error, where `strict` with a warning too."""
        return int(self.verdict == "fail" or (strict and self.verdict == "warn"))
