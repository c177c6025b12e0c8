"""A finding of the catalogue, filled with what a log says."""

from __future__ import annotations

import string
from collections.abc import Mapping

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.checks.model import text


def finding(id: str, fields: Mapping[str, object]) -> Finding:
    """Fill a finding with what the log says; unknown fields become "(not known)"."""
    rule = CATALOGUE[id]
    filled = {
        name: fields[name] if name in fields else text("(not known)")
        for template in (rule.title, rule.explanation)
        for _, name, _, _ in string.Formatter().parse(template)
        if name
    }
    title, explanation = text(rule.title, **filled), text(rule.explanation, **filled)
    return Finding(rule.id, rule.severity, title, explanation)
