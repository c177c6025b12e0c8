"""The `Report` from which every format is rendered."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, Optional

import msgspec

from tritondoctor import __version__
from tritondoctor.checks import Finding, examine
from tritondoctor.checks.model import first_ways
from tritondoctor.examination import masks
from tritondoctor.facts.model import Facts
from tritondoctor.target import Target

SCHEMA = "tritondoctor.report/1"
Advised = Callable[[Sequence[Finding]], tuple[Finding, ...]]
Verdict = Literal["ok", "warn", "fail"]


class Ignored(msgspec.Struct, frozen=True):
    """A finding that does not count here, why somebody decided so, and where: a file or `--ignore`."""

    finding: Finding
    reason: str
    by: str = ""

    @property
    def because(self) -> str:
        """The reason and who gave it."""
        return f"{self.reason} ({self.by})" if self.by.startswith("/") else self.reason


class Report(msgspec.Struct, frozen=True):
    """Target, facts and findings of one examination; `seconds` is how long it took.

    `removed` counts by rule what was taken out of it before anybody else sees it; `strict`: warnings
    fail too; `selected`: only some findings were selected; `policies_set_aside`: those that were
    not obeyed, with the reason.  `examined`: when the facts were gathered, `2026-11-28 14:30 UTC`, "" if
    unknown; `host_name` is "" where names of this machine are hidden.
    """

    python: str
    prefix: Optional[str]
    kind: str
    chosen_by: str
    facts: Facts
    findings: tuple[Finding, ...]
    seconds: float
    ignored: tuple[Ignored, ...] = ()
    removed: dict[str, int] = {}
    from_snapshot: bool = False
    strict: bool = False
    selected: bool = False
    policy_file: str = ""
    policies_set_aside: tuple[str, ...] = ()
    examined: str = ""
    host_name: str = ""

    @property
    def verdict(self) -> Verdict:
        """`fail` exactly where there is an error finding."""
        severities = {finding.severity for finding in self.findings}
        return "fail" if "error" in severities else "warn" if "warning" in severities else "ok"

    @property
    def exit_code(self) -> int:
        """0 without an error finding; 1 with one, or with a warning where `strict`."""
        return int(self.verdict == "fail" or (self.strict and self.verdict == "warn"))


def _plainly(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(
        msgspec.structs.replace(finding, remedies=first_ways(finding.remedies)) for finding in findings
    )


def report_of(target: Target, facts: Facts, advised: Advised = _plainly) -> Report:
    """Examines the facts, once what looks like a secret is out of them; `advised` chooses among advice
    of findings.
    """
    removed: Counter[str] = Counter()
    facts = masks.facts_without_secrets(facts, removed)
    interpreter = facts.interpreter
    return Report(
        python=interpreter.path,
        prefix=target.prefix or interpreter.prefix or None,
        kind=interpreter.kind,
        chosen_by=target.chosen_by,
        facts=facts,
        findings=advised(examine(facts)),
        seconds=0.0,
        removed=dict(removed),
        examined=now(),
        host_name=platform.node(),
    )


def now() -> str:
    """The time as reports and snapshots have it: to the minute, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())


def timed(report: Report, seconds: float) -> Report:
    """The same report with the time that it all took."""
    return msgspec.structs.replace(report, seconds=round(seconds, 3))


def masked(report: Report, *, paths: bool) -> Report:
    """The same report as others may see it; `paths`: with the home folder and the user's name."""
    removed = Counter(report.removed)
    facts, user = report.facts, report.facts.host.user
    hidden = masks.mask(report, facts, paths=paths, removed=removed)
    if not paths:
        user = masks.user_of(facts)
    host = msgspec.structs.replace(hidden.facts.host, user=user)
    return msgspec.structs.replace(
        hidden,
        facts=msgspec.structs.replace(hidden.facts, host=host),
        removed=dict(removed),
        host_name=report.host_name if paths else "",
    )


def as_json(report: Report) -> dict[str, Any]:
    """The contract's object (schema tritondoctor.report/1)."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verdict": report.verdict,
        "target": {
            "python": report.python,
            "prefix": report.prefix,
            "kind": report.kind,
            "chosen_by": report.chosen_by,
            "python_version": report.facts.interpreter.version or None,
            "pytriton": report.facts.pytriton.version if report.facts.pytriton else None,
        },
        "facts": msgspec.to_builtins(report.facts),
        "findings": [finding_json(finding) for finding in report.findings],
        "ignored": [
            {**finding_json(ignored.finding), "reason": ignored.reason, "by": ignored.by}
            for ignored in report.ignored
        ],
        "policy": {"file": report.policy_file or None, "not_obeyed": list(report.policies_set_aside)},
        "redaction": {"removed": report.removed, "untold_variables": len(report.facts.hidden_variables)},
        "selftest": None,
        "seconds": report.seconds,
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding as the contract has it, with the fields of its texts beside them."""
    return {
        "id": finding.id,
        "severity": finding.severity,
        "title": str(finding.title),
        "explanation": str(finding.explanation),
        "fields": finding.title.strings(),
        "evidence": [str(line) for line in finding.evidence],
        "remedies": [
            {"id": remedy.id, "title": str(remedy.title), "commands": list(remedy.commands)}
            for remedy in finding.remedies
        ],
    }
