"""The report of a check: of this machine or of a snapshot, judged by the project's policy, masked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.checks import renamed
from tritondoctor.commands.basics import complain
from tritondoctor.examination import policy
from tritondoctor.examination.policy import FailOn, Located
from tritondoctor.examination.report import Report, masked, report_of

if TYPE_CHECKING:
    from tritondoctor.checks import Finding
    from tritondoctor.facts import ObservedTarget
    from tritondoctor.facts.interpreter.question import Question
    from tritondoctor.target import Target


def _severity(fail_on: Optional[str]) -> Optional[FailOn]:
    return "warning" if fail_on == "warning" else "error" if fail_on else None


def rules(folder: str, fail_on: Optional[str], select: Sequence[str], ignore: Sequence[str]) -> Located:
    """Return the project's policy with what the command line adds.  Raises PolicyError."""
    located = policy.find(folder, os.environ.get("HOME", ""))
    combined = policy.with_options(
        located.policy, fail_on=_severity(fail_on), select=select, ignore=ignore
    )
    for id in policy.old_ids([*located.old_ids, *select, *ignore]):
        complain(renamed.note(id))
    return msgspec.structs.replace(located, policy=combined)


def of_machine(target: Target, question: Question, gpu: str) -> Report:
    """Examine the target, whose interpreter is asked already; `gpu` is the GPU policy."""
    from tritondoctor import facts

    return of_observed(facts.observe(target, question, wanted_gpu=gpu))  # type: ignore[arg-type]


def of_observed(observed: ObservedTarget) -> Report:
    """The report of a target that was observed: its advice was tried in simulated worlds."""

    def advised(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        if all(finding.severity == "info" for finding in findings):
            return tuple(findings)
        from tritondoctor.remedies import advice

        return advice.tried(observed, findings)

    return report_of(observed.target, observed.facts, advised)


def of_snapshot(path: str, gpu: str) -> Report:
    """Examine a snapshot, without a look at this machine.  Raises SnapshotError."""
    from tritondoctor.examination import snapshot

    recorded = snapshot.read(path)
    return snapshot.report(snapshot.expecting(recorded, gpu) if gpu else recorded, path)


def judged(report: Report, rules: Located, *, paths: bool) -> Report:
    """The report as the project judges it and others may see it."""
    return masked(policy.applied(report, rules), paths=paths)
