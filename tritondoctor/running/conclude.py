"""A finding of the catalogue, filled from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.checks.model import CheckResult, Remedy, Severity, Text, finding_of


def conclude(
    id: str,
    fields: Mapping[str, object],
    *evidence: Text,
    remedies: tuple[Remedy, ...] = (),
    severity: Optional[Severity] = None,
) -> Finding:
    """Fill the finding's texts with the fields."""
    return finding_of(CATALOGUE[id], CheckResult(fields, evidence, remedies, severity))
