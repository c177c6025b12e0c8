"""A finding of the registry, filled from what a log gave."""

from __future__ import annotations

import string
from collections.abc import Mapping

from tritondoctor.checks import REGISTRY, Finding
from tritondoctor.checks.model import text
from tritondoctor.logs import only_here  # noqa: F401 (registers them)


def finding(id: str, fields: Mapping[str, str]) -> Finding:
    """A finding from what the log gave; fields that nobody knows are said to be so."""
    one = REGISTRY[id]
    filled = {
        name: str(fields.get(name, "(not known)"))
        for template in (one.title, one.explanation)
        for _, name, _, _ in string.Formatter().parse(template)
        if name
    }
    return Finding(one.id, one.severity, text(one.title, **filled), text(one.explanation, **filled))
