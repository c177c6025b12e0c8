"""The cause of a failed start, from the checks, the server's log and the way the test ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

import msgspec

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.checks.model import CheckResult, Text, finding_of, text
from tritondoctor.facts.model import Facts
from tritondoctor.logs.finding import finding
from tritondoctor.logs.recognise import SignOccurrence
from tritondoctor.selftest.observation import Observation
from tritondoctor.target import Target

#: the ending of a test that a line of the log announced
LOG_ANNOUNCED_FAILURE = "the log said that the start had failed"
_LONGEST = 300
#: of a line with a traceback: what stands before it
_BEGINNING = 80
_RAISED = re.compile(r"(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning)\b")


class _Candidate(NamedTuple):
    """A possible cause, and the line of the log that supports it ("" for none)."""

    finding: Finding
    line: str


def causes(
    static: Sequence[Finding],
    signs: Sequence[SignOccurrence],
    ending: str,
    known: Mapping[str, str],
    observation: Optional[Observation] = None,
) -> tuple[Finding, ...]:
    """The cause, then the other errors of the checks.

    The first candidate wins: a check that a line of the log confirms; a line that has one meaning only;
    the first error of the checks; a line that has several meanings; what the processes showed.
    """
    errors = [check for check in static if check.severity == "error"]
    last = _observed(observation, ending)
    cause, line = next(_candidates(errors, signs, last, known))
    if cause == last and observation is not None:
        return (cause,)
    evidence = [text("the log says: {line}", line=gist(line))] if line else []
    if not line or ending != LOG_ANNOUNCED_FAILURE:
        evidence.append(text("seen: {what}", what=" ".join(ending.split())[:_LONGEST]))
    cause = with_evidence(cause, evidence)
    return (cause, *(error for error in errors if error.id != cause.id))


def gist(line: str) -> str:
    """A line of a log, shortened; of one that holds a traceback with escaped ends, the exception."""
    parts = [part.strip() for part in line.replace("\\r", "").split("\\n")]
    raised = [part for part in parts if _RAISED.match(part)]
    if len(parts) < 3 or not raised:
        return line[:_LONGEST]
    return f"{parts[0][:_BEGINNING]} ... {raised[-1][: _LONGEST - _BEGINNING]}"


def _observed(observation: Optional[Observation], ending: str) -> Finding:
    if observation is None:
        return finding("selftest-no-answer", {"what": ending})
    rule = CATALOGUE[observation.id]
    return finding_of(rule, CheckResult(observation.fields, observation.evidence))


def _candidates(
    errors: Sequence[Finding],
    signs: Sequence[SignOccurrence],
    last: Finding,
    known: Mapping[str, str],
) -> Iterator[_Candidate]:
    """All possible causes, the most certain first."""
    first_line = signs[0].line if signs else ""
    yield from _confirmed(errors, signs)
    yield from (_by_sign(sign, known) for sign in signs if sign.plain)
    yield from (_Candidate(error, first_line) for error in errors)
    yield from (_by_sign(sign, known) for sign in signs if sign.id)
    yield _Candidate(last, first_line)


def _confirmed(errors: Sequence[Finding], signs: Iterable[SignOccurrence]) -> Iterator[_Candidate]:
    for sign in signs:
        same = [error for error in errors if error.id in (sign.id, *sign.others)]
        if same:
            # of several findings of a kind, the one that names what the line names
            values = set(map(str, sign.fields.values()))
            best = max(same, key=lambda error: len(values & set(error.title.strings().values())))
            yield _Candidate(best, sign.line)


def _by_sign(sign: SignOccurrence, known: Mapping[str, str]) -> _Candidate:
    return _Candidate(finding(sign.id, {**known, **sign.fields}, sign.unsure), sign.line)


def with_evidence(cause: Finding, evidence: Iterable[Text]) -> Finding:
    """Return the finding with more evidence before its own."""
    return msgspec.structs.replace(cause, evidence=(*evidence, *cause.evidence))


def known_fields(target: Target, facts: Optional[Facts]) -> dict[str, str]:
    """Return fields that the texts of many findings use."""
    fields = {"python": target.python, "path": target.python}
    if facts is not None:
        fields["version"] = facts.interpreter.version
        fields["glibc"] = facts.host.glibc or "(none)"
        if facts.pytriton is not None:
            fields["release"] = facts.pytriton.version or "(not known)"
    return {name: value for name, value in fields.items() if value}
