"""A finding of the catalogue, filled from what a log gave."""

from __future__ import annotations

import string
from collections.abc import Mapping

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.checks.model import text


def finding(id: str, fields: Mapping[str, str]) -> Finding:
    """A finding from what the log gave; fields that nobody knows are said to be so."""
    one = CATALOGUE[id]
    filled = {
        name: str(fields.get(name, "(not known)"))
        for template in (one.title, one.explanation)
        for _, name, _, _ in string.Formatter().parse(template)
        if name
    }
    return Finding(one.id, one.severity, text(one.title, **filled), text(one.explanation, **filled))
