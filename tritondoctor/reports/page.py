"""The page of a finding, from the code alone: its rule, its signs, and the facts it reads."""

from __future__ import annotations

import textwrap
from typing import Any

from tritondoctor.checks import CATALOGUE, Rule
from tritondoctor.logs.signs import SIGNS, Sign

_SEVERITIES = {
    "error": "error: PyTriton does not start or does not answer",
    "warning": "warning: it starts, but this causes trouble under the conditions described here",
    "info": "info: worth knowing",
}


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


def markdown(rule: Rule) -> str:
    """The page as it stands in docs/findings."""
    parts = [
        f"# {rule.id}",
        f"*{unbraced(rule.title)}*",
        _SEVERITIES[rule.severity] + ".",
        "## What it is",
        unbraced(rule.means),
        "## Why it matters",
        unbraced(rule.explanation),
        "## How tritondoctor predicts it",
        "`tritondoctor check` reads " + ", ".join(f"`{name}`" for name in rule.reads) + " "
        f"(facts/model.py; subject: {rule.subject}) before anything is started."
        if rule.reads
        else "It does not: only a start or its log shows it.",
        "## How it looks in a log",
    ]
    signs = signs_of(rule.id)
    if not signs:
        parts.append("No known log line shows this and nothing else.")
    for sign in signs:
        parts.append(f"    {sign.line}")
        others = f" Other causes of the same line: {', '.join(sign.others)}." if sign.others else ""
        parts.append(f"Seen in: {sign.source}.{others}")
    parts += [
        "## How to fix it",
        unbraced(rule.by_hand),
        "## How it was verified",
        unbraced(rule.verified),
    ]
    return "\n\n".join(_wrapped(part) for part in parts) + "\n"


def pages() -> dict[str, str]:
    """File name -> text, with a list of all of them."""
    files = {f"{id}.md": markdown(rule) for id, rule in sorted(CATALOGUE.items())}
    rows = [
        f"| [{id}]({id}.md) | {rule.severity} | {unbraced(rule.title).replace('|', chr(92) + '|')} |"
        for id, rule in sorted(CATALOGUE.items())
    ]
    head = ["# Findings", "", "Built from the code by `make docs`.", "", "| id | severity | says |",
            "| --- | --- | --- |"]  # fmt: skip
    files["README.md"] = "\n".join([*head, *rows]) + "\n"
    return files


def unbraced(template: str) -> str:
    """A template as a person reads it."""
    return template.replace("{{", "{").replace("}}", "}")


def _wrapped(part: str) -> str:
    if part.startswith(("#", "    ", "|")):
        return part
    return textwrap.fill(part, 100, break_long_words=False, break_on_hyphens=False)
