"""Markdown, as in GitHub's step summaries, merge requests and issues."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tritondoctor.checks import Finding
from tritondoctor.examination.report import Report
from tritondoctor.privacy.printable import one_line, printable
from tritondoctor.reports.words import footer, heading, verdict
from tritondoctor.support.messages import _, mark

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_SIGNS = {"error": mark("❌ error"), "warning": mark("⚠️ warning"), "info": mark("ℹ️ info")}


def render(report: Report) -> str:
    """The whole report; evidence and commands in code, so that nothing in them is markup."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    sign = {"fail": "❌", "warn": "⚠️", "ok": "✅"}[report.verdict]
    yield f"## {sign} {_escaped(verdict(report))}"
    yield ""
    yield f"{_escaped(heading(report.facts))}  "
    chosen = _("{kind}; chosen by {option}", kind=_escaped(report.kind), option=_code(report.chosen_by))
    yield f"{_code(report.python)} ({chosen})"
    for finding in report.findings:
        yield ""
        yield from _finding(finding)
    if report.ignored:
        yield ""
        yield f"### {_('Ignored')}"
        yield ""
        for ignored in report.ignored:
            title, reason = _escaped(ignored.finding.title), _escaped(ignored.because)
            yield f"- {_code(ignored.finding.id)}: {title} – {reason}"
    yield ""
    for line in footer(report):
        yield f"<sub>{_escaped(line)}</sub>  "


def _finding(finding: Finding) -> Iterator[str]:
    head = _("{severity}: {title}", severity=_(_SIGNS[finding.severity]), title=_escaped(finding.title))
    yield f"### {head}"
    yield ""
    yield f"{_escaped(finding.explanation)} ({_code(finding.id)})"
    if finding.evidence:
        yield ""
        yield from (f"- {_code(line)}" for line in finding.evidence)
    for remedy in finding.remedies:
        yield ""
        yield _escaped(_("{title}:", title=remedy.title) if remedy.commands else remedy.title)
        if remedy.commands:
            body = [printable(line) for line in remedy.commands]
            fence = _fence("\n".join(body), 3)
            yield ""
            yield from (f"{fence}sh", *body, fence)


def _escaped(text: object) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text))


def _code(text: object) -> str:
    inner = one_line(text)
    fence = _fence(inner, 1)
    space = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{space}{inner}{space}{fence}"


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
