"""The page of a finding, from the code alone: its rule, its signs, and the facts it reads."""

from __future__ import annotations

from typing import Any

from tritondoctor.checks import Rule
from tritondoctor.logs.signs import SIGNS, Sign


def signs_of(id: str) -> list[Sign]:
    """The log lines by which a finding is recognised."""
    return [sign for sign in SIGNS if sign.role == "cause" and sign.id == id]


def as_json(rule: Rule) -> dict[str, Any]:
    """The page as one object."""
    return {
        "id": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "explanation": rule.explanation,
        "means": unbraced(rule.means),
        "verified": unbraced(rule.verified),
        "by_hand": unbraced(rule.by_hand),
        "reads": list(rule.reads),
        "signs": [
            {"line": sign.line, "source": sign.source, "pattern": sign.pattern.pattern,
             "others": list(sign.others)}
            for sign in signs_of(rule.id)
        ],
    }  # fmt: skip


def unbraced(template: str) -> str:
    """A template as a person reads it."""
    return template.replace("{{", "{").replace("}}", "}")
