"""A finding of the catalogue, filled with what a log says."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Optional

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.checks.model import Text, text
from tritondoctor.logs.signs.model import Unsure


def finding(id: str, fields: Mapping[str, object], unsure: Optional[Unsure] = None) -> Finding:
    """Fill a finding, or what is said where it is one of several, with what the log says.

    Unknown fields become "(not known)".
    """
    rule = CATALOGUE[id]
    shown = unsure or rule
    return Finding(
        rule.id, rule.severity, _filled(shown.title, fields), _filled(shown.explanation, fields)
    )


def _filled(template: str, fields: Mapping[str, object]) -> Text:
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    return text(template, **{name: fields.get(name, text("(not known)")) for name in names})
