"""A fix as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tritondoctor.examination.report import Report, as_json, finding_json
from tritondoctor.facts.imports.model import UnmetRequirement
from tritondoctor.remedies.fix import Fixed
from tritondoctor.remedies.operations import paths_of
from tritondoctor.remedies.plan import RefusedRemedy, Step
from tritondoctor.reports.fix import risk_of, shell_lines
from tritondoctor.reports.selftest import selftest_json


def fix_json(fixed: Fixed, report: Report) -> dict[str, Any]:
    """The contract's object for the end, with the plan under `fix`."""
    contract = as_json(report)
    if fixed.proof is not None:
        contract["selftest"] = selftest_json(fixed.proof)
    plan = fixed.planning and (fixed.planning.plan or fixed.planning.partial)
    contract["fix"] = {
        "outcome": fixed.outcome,
        "id": fixed.fix or None,
        "complete": bool(fixed.planning and fixed.planning.plan),
        "steps": [_step_json(step) for step in plan.steps] if plan else [],
        "left": [finding_json(finding) for finding in plan.left] if plan else [],
        "breaks": [_unmet_json(unmet) for unmet in plan.breaks] if plan else [],
        "lost": [lost._asdict() for lost in fixed.lost],
        "gave_up": (fixed.planning and fixed.planning.gave_up) or None,
        "refused": [_refused_json(refused) for refused in fixed.planning.refused]
        if fixed.planning
        else [],
        "link_maps": [link_map._asdict() for link_map in fixed.link_maps],
        "shell": shell_lines(fixed.variables or (plan.variables if plan else {})),
        "why": fixed.why or None,
    }
    return contract


def _step_json(step: Step) -> dict[str, Any]:
    kinds = Counter(type(operation).__name__ for operation in step.operations)
    return {
        "finding": step.finding.id if step.finding else None,
        "remedy": step.remedy.id,
        "title": str(step.remedy.title),
        "commands": list(step.commands),
        "packages": [package._asdict() for package in step.packages],
        "risk": risk_of(step),
        "touches": sorted({path for operation in step.operations for path in paths_of(operation)}),
        "operations": dict(kinds),
        "undo": "tritondoctor undo",
    }


def _unmet_json(unmet: UnmetRequirement) -> dict[str, Any]:
    return {
        "name": unmet.name,
        "version": unmet.version,
        "requirement": unmet.requirement,
        "found": unmet.found,
    }


def _refused_json(refused: RefusedRemedy) -> dict[str, Any]:
    return {
        "finding": refused.finding.id if refused.finding else None,
        "remedy": refused.remedy.id,
        "commands": list(refused.remedy.commands),
        "why": refused.why,
    }
