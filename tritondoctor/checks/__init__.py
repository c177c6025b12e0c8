"""What the facts mean: pure functions `Facts -> findings`, one file a subject."""

from __future__ import annotations

from tritondoctor.checks import (
    conda,
    gpu,
    interpreter,
    left_behind,
    libpython,
    libraries,
    machine,
    packages,
    place,
    requirements,
    settings,
    shell,
    startup_code,
    surroundings,
    unexplained,
    wheel,
)
from tritondoctor.checks.model import REGISTRY, Check, Finding, findings_of
from tritondoctor.facts.model import Facts

__all__ = ["REGISTRY", "Check", "Finding", "examine", "examine_requirements", "of_gpu"]

_SUBJECTS = (
    interpreter, machine, wheel, libpython, libraries, packages, startup_code, place, settings, shell,
    conda, gpu, surroundings, left_behind, requirements, unexplained,
)  # fmt: skip
_ORDER = {"error": 0, "warning": 1, "info": 2}


def examine(facts: Facts) -> tuple[Finding, ...]:
    """All findings, errors first, each cause once; what only a GPU program needs comes last."""
    found = [finding for one in REGISTRY.values() for finding in findings_of(one, facts)]
    return tuple(sorted(found, key=lambda finding: (_ORDER[finding.severity], of_gpu(finding))))


def of_gpu(finding: Finding) -> bool:
    """Whether it concerns the GPU, without which PyTriton itself starts."""
    return REGISTRY[finding.id].run.__module__.startswith(gpu.__name__)


def examine_requirements(facts: Facts, require: requirements.Require) -> tuple[Finding, ...]:
    """What a project requires and the facts do not have."""
    return tuple(requirements.unmet(facts, require))
