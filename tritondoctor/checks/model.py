"""What a check is made of: its documentation, and the findings that it draws from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple, Optional, Union

import msgspec

from tritondoctor.checks.edits import Edit
from tritondoctor.facts.model import Facts

Severity = Literal["error", "warning", "info"]


class Text(msgspec.Struct, frozen=True):
    """A template with named fields, strings or other `Text`s, so that all of it can be translated."""

    template: str
    fields: dict[str, Union[str, Text]] = {}

    def __str__(self) -> str:
        return self.template.format(**{name: str(value) for name, value in self.fields.items()})

    def strings(self) -> dict[str, str]:
        """The fields, each as a string."""
        return {name: str(value) for name, value in self.fields.items()}


def text(template: str, **fields: object) -> Text:
    """Make a `Text`; fields that are no `Text` themselves are turned to strings."""
    kept = {name: value if isinstance(value, Text) else str(value) for name, value in fields.items()}
    return Text(template, kept)


class Remedy(msgspec.Struct, frozen=True):
    """A change that removes a finding, with its commands as a person would type them.

    `edits` are what `tritondoctor fix` would do; where there are none, it is advice.
    """

    id: str
    title: Text
    commands: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


def cure(id: str, title: Text, *edits: Edit) -> Remedy:
    """A remedy that `tritondoctor fix` can apply."""
    return Remedy(id, title, tuple(line for edit in edits for line in edit.commands()), edits)


class Finding(msgspec.Struct, frozen=True):
    """What a check concludes from facts."""

    id: str
    severity: Severity
    title: Text
    explanation: Text
    evidence: tuple[Text, ...] = ()
    remedies: tuple[Remedy, ...] = ()


class CheckResult(NamedTuple):
    """What a check function yields: the fields of its texts, its evidence and remedies.

    `severity` stands in for the check's own where facts make it another.
    """

    fields: Mapping[str, object]
    evidence: tuple[Text, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    severity: Optional[Severity] = None


Function = Callable[[Facts], Iterator[CheckResult]]


class Check(NamedTuple):
    """One registered check.

    `title` and `explanation` are templates.  `means`, `verified` and `by_hand` are what
    `tritondoctor explain ID` tells.
    """

    id: str
    severity: Severity
    title: str
    explanation: str
    means: str
    verified: str
    by_hand: str
    run: Function


REGISTRY: dict[str, Check] = {}


def check(
    id: str,
    severity: Severity,
    *,
    title: str,
    explanation: str,
    means: str,
    verified: str,
    by_hand: str,
) -> Callable[[Function], Function]:
    """Registers a function `Facts -> Found…` under its id, with its documentation."""

    def register(function: Function) -> Function:
        assert id not in REGISTRY, id
        REGISTRY[id] = Check(id, severity, title, explanation, means, verified, by_hand, function)
        return function

    return register


def findings_of(one: Check, facts: Facts) -> Iterator[Finding]:
    """The findings of one check."""
    for found in one.run(facts):
        yield finding_of(one, found)


def finding_of(one: Check, found: CheckResult) -> Finding:
    """What a check yielded, with its texts filled in."""
    return Finding(
        one.id,
        found.severity or one.severity,
        text(one.title, **found.fields),
        text(one.explanation, **found.fields),
        found.evidence,
        found.remedies,
    )
