"""One cause from three witnesses: the checks, the server's log, and what was seen to happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

import msgspec

from tritondoctor.checks import Finding
from tritondoctor.checks.model import Text, text
from tritondoctor.facts.model import Facts
from tritondoctor.logs.finding import finding
from tritondoctor.logs.recognise import SignOccurrence
from tritondoctor.target import Target

#: how a test ended whose end a line of the log announced
LOG_SAID_SO = "the log said that the start had failed"
_LONGEST = 300


def causes(
    static: Sequence[Finding], seen: Sequence[SignOccurrence], ending: str, known: Mapping[str, str]
) -> tuple[Finding, ...]:
    """The cause, then whatever else the checks hold for an error.

    Where the log agrees with a check, it is the check's finding with the log's line as evidence; where
    they differ, a line that can only mean one thing goes before the checks.
    """
    errors = [one for one in static if one.severity == "error"]
    agreed = _agreed(errors, seen)
    plain = next((one for one in seen if one.plain), None)
    if agreed is not None:
        first, line = agreed
    elif plain is not None:
        first, line = finding(plain.id, {**known, **plain.fields}), plain.line
    elif errors:
        first, line = errors[0], next((one.line for one in seen), "")
    else:
        named = next((one for one in seen if one.id), None)
        line = (named or seen[0]).line if seen else ""
        if named is not None:
            first = finding(named.id, {**known, **named.fields})
        else:
            first = finding("selftest-no-answer", {"what": ending})
    evidence = [text("the log says: {line}", line=line[:_LONGEST])] if line else []
    if not line or ending != LOG_SAID_SO:
        evidence.append(text("seen: {what}", what=" ".join(ending.split())[:_LONGEST]))
    first = with_evidence(first, evidence)
    return (first, *(error for error in errors if error.id != first.id))


def _agreed(errors: Sequence[Finding], seen: Iterable[SignOccurrence]) -> Optional[tuple[Finding, str]]:
    for one in seen:
        same = [error for error in errors if error.id in (one.id, *one.others)]
        if same:
            # of several findings of a kind the one that speaks of the same thing
            values = set(one.fields.values())
            best = max(same, key=lambda error: len(values & set(error.title.strings().values())))
            return best, one.line
    return None


def with_evidence(one: Finding, evidence: Iterable[Text]) -> Finding:
    """The finding with more evidence, first what was seen now."""
    return msgspec.structs.replace(one, evidence=(*evidence, *one.evidence))


def known_fields(target: Target, facts: Optional[Facts]) -> dict[str, str]:
    """Fields that the texts of many findings have."""
    fields = {"python": target.python, "path": target.python}
    if facts is not None:
        fields["version"] = facts.interpreter.version
        fields["glibc"] = facts.host.glibc or "(none)"
        if facts.pytriton is not None:
            fields["release"] = facts.pytriton.version or "(not known)"
    return {name: value for name, value in fields.items() if value}
