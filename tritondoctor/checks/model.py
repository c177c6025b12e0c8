"""The model of a check: its documentation, and the findings that it derives from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Optional, Union

import msgspec

from tritondoctor.checks.edits import Edit
from tritondoctor.facts.model import Facts
from tritondoctor.support.messages import filled, mark, translated

Severity = Literal["error", "warning", "info"]


#: of what is quoted
_QUOTATION = "{line}"


class Text(msgspec.Struct, frozen=True, omit_defaults=True):
    """A template with named fields, strings or other `Text`s, so that all of it can be translated.

    `plural` is the template where `n` is not 1, as in gettext's ngettext; without it there is one form.
    """

    template: str
    fields: dict[str, Union[str, Text]] = {}
    plural: str = ""
    n: int = 1

    def __str__(self) -> str:
        if self.template == _QUOTATION:
            return str(self.fields["line"])
        template = translated(self.template, self.plural, self.n)
        return filled(template, self.fields)

    def strings(self) -> dict[str, str]:
        """Return the fields, each as a string."""
        return {name: str(value) for name, value in self.fields.items()}


def quoted(line: str) -> Text:
    """Make a `Text` of another program's words, which are the same in every language."""
    return Text(_QUOTATION, {"line": line})


def text(template: str, **fields: object) -> Text:
    """Make a `Text`; fields that are no `Text` themselves are turned to strings."""
    return Text(template, _kept(fields))


def counted(singular: str, many: str, n: int, **fields: object) -> Text:
    """Make a `Text` with a singular and a plural template; both may use the field `n`."""
    return Text(singular, _kept({**fields, "n": n}), many, n)


def listed(items: Sequence[object], last: str = mark("{first} and {second}")) -> Text:
    """Make a `Text` of several: "a, b and c"; `last` joins the last two.  Empty for no items."""
    *others, final = items or ("",)
    if not others:
        return text("{item}", item=final)
    first = others[0]
    for item in others[1:]:
        first = text("{first}, {second}", first=first, second=item)
    return text(last, first=first, second=final)


def _kept(fields: Mapping[str, object]) -> dict[str, Union[str, Text]]:
    return {name: value if isinstance(value, Text) else str(value) for name, value in fields.items()}


class Remedy(msgspec.Struct, frozen=True):
    """A change that removes a finding, with its commands as a person would type them.

    `edits` are what `tritondoctor fix` would do; where there are none, it is advice.
    """

    id: str
    title: Text
    commands: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


def cure(id: str, title: Text, *edits: Edit) -> Remedy:
    """Make a remedy that `tritondoctor fix` can apply."""
    return Remedy(id, title, tuple(line for edit in edits for line in edit.commands()), edits)


def first_ways(remedies: Sequence[Remedy]) -> tuple[Remedy, ...]:
    """The first of those that have the same id: the others do the same in another place."""
    return tuple({remedy.id: remedy for remedy in reversed(remedies)}.values())[::-1]


class Finding(msgspec.Struct, frozen=True):
    """A conclusion that a check draws from facts."""

    id: str
    severity: Severity
    title: Text
    explanation: Text
    evidence: tuple[Text, ...] = ()
    remedies: tuple[Remedy, ...] = ()


class CheckResult(msgspec.Struct, frozen=True):
    """The result of a check function: the fields of its texts, its evidence and remedies.

    `severity` stands in for the check's own where facts make it another.
    """

    fields: Mapping[str, object]
    evidence: tuple[Text, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    severity: Optional[Severity] = None


Conclude = Callable[[Facts], Iterator[CheckResult]]
#: whoever can draw a finding: a look at the machine, a log, a start of our own, a server that runs
Witness = Literal["check", "log", "selftest", "attach"]


class Rule(msgspec.Struct, frozen=True):
    """A kind of finding: its texts, and how it is derived from facts.

    `title` and `explanation` are templates; `means`, `verified` and `by_hand` are what
    `tritondoctor explain ID` prints.  `reads` names the facts that `run` looks at; `run` is None where no
    look at the machine shows the finding.  `subject` comes from the catalogue.
    """

    id: str
    severity: Severity
    title: str
    explanation: str
    means: str
    verified: str
    by_hand: str
    reads: tuple[str, ...] = ()
    run: Optional[Conclude] = None
    seen_by: tuple[Witness, ...] = ("check",)
    subject: str = ""


def check(
    id: str,
    severity: Severity,
    *,
    title: str,
    explanation: str,
    means: str,
    verified: str,
    by_hand: str,
    reads: tuple[str, ...],
) -> Callable[[Conclude], Rule]:
    """Make a rule of the decorated function, which concludes it from facts."""

    def decorate(function: Conclude) -> Rule:
        return Rule(id, severity, title, explanation, means, verified, by_hand, reads, function)

    return decorate


def findings_of(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Yield the findings of one rule."""
    for result in rule.run(facts) if rule.run else ():
        yield finding_of(rule, result)


def finding_of(rule: Rule, result: CheckResult) -> Finding:
    """Fill the rule's texts with what its check yielded."""
    return Finding(
        rule.id,
        result.severity or rule.severity,
        text(rule.title, **result.fields),
        text(rule.explanation, **result.fields),
        result.evidence,
        result.remedies,
    )
