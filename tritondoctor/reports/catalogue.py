"""Every finding that exists: by subject, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from tritondoctor.checks import Rule
from tritondoctor.reports.layout import Line, padded, print_lines, width_of, wrapped
from tritondoctor.reports.shorten import shortened
from tritondoctor.reports.words import severity
from tritondoctor.support import detail
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _


def show(rules: Mapping[str, Rule], console: Console) -> None:
    """Print them; it fits any width."""
    print_lines(console, _lines(rules, width_of(console)))


def as_json(rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """[{"id", "severity", "title", "subject"}]; a title may hold fields in braces."""
    return [
        {"id": rule.id, "severity": rule.severity, "title": rule.title, "subject": rule.subject}
        for rule in rules.values()
    ]


def _lines(rules: Mapping[str, Rule], width: int) -> Iterator[Line]:
    for subject in dict.fromkeys(rule.subject for rule in rules.values()):
        yield _(subject), "bold"
        for rule in rules.values():
            if rule.subject == subject:
                yield from _row(rule, max(map(len, rules)), width)
    yield "", ""
    yield _("About one of them: {command}", command=typed("tritondoctor explain ID")), ""


def _row(rule: Rule, column: int, width: int) -> Iterator[Line]:
    head = f"  {padded(rule.id, column)}  {padded(severity(rule.severity), 8)}"
    title = in_words(_(rule.title))
    if detail.full():
        yield from wrapped(head + title, " " * cell_len(head), width, hang=True)
    else:
        yield head + shortened(title, max(width - cell_len(head), 20)), ""


def row(rule: Rule) -> Iterator[Line]:
    """One finding in one line."""
    line = _(
        "{severity}: {title} ({id})",
        severity=severity(rule.severity), title=in_words(_(rule.title)), id=rule.id,
    )  # fmt: skip
    yield line, ""


def in_words(title: str, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """The title with its fields, and an unknown one's name in capitals, as usage lines have it."""
    return re.sub(r"\{(\w+)\}", lambda field: known.get(field[1], field[1].upper()), title)
