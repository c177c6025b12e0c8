"""Pure functions `Facts -> findings`, one file a subject; catalogue.py lists every finding."""

from __future__ import annotations

from tritondoctor.checks import renamed, requirements, unexplained
from tritondoctor.checks.catalogue import CATALOGUE
from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import Finding, Rule, findings_of
from tritondoctor.facts.model import Facts

__all__ = ["CATALOGUE", "Finding", "Rule", "examine", "examine_requirements", "of_gpu", "renamed"]

_ORDER = {"error": 0, "warning": 1, "info": 2}


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Return all findings, errors first, each cause once; what only a GPU program needs comes last."""
    findings = [finding for rule in CATALOGUE.values() for finding in findings_of(rule, facts)]
    findings += unexplained.findings(facts, findings)
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, bool, bool]:
    return _ORDER[finding.severity], of_gpu(finding), not _explains_others(finding)


def _explains_others(finding: Finding) -> bool:
    """Return whether it is PYTHONPATH: packages of another Python, of which much is told besides."""
    edits = (edit for remedy in finding.remedies for edit in remedy.edits)
    return finding.id == "setting-invalid" and Variable("PYTHONPATH", None) in edits


def of_gpu(finding: Finding) -> bool:
    """Return whether it concerns the GPU, without which PyTriton itself starts."""
    return CATALOGUE[finding.id].subject == "gpu"


def examine_requirements(facts: Facts, require: requirements.Require) -> tuple[Finding, ...]:
    """Return what a project requires and the facts do not have."""
    return tuple(requirements.unmet(facts, require))
