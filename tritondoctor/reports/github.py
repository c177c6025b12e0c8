"""GitHub's workflow commands: an annotation for each finding (github.com shows ten of a kind a step)."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks import Finding
from tritondoctor.examination.report import Report
from tritondoctor.privacy.printable import one_line, printable
from tritondoctor.reports.words import footer, heading, verdict
from tritondoctor.support.messages import _

_KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report) -> str:
    """Annotations, then the verdict as plain lines of the log."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield _annotation(finding)
    for ignored in report.ignored:
        yield _(
            "ignored: {title} ({id}). Reason: {reason}",
            title=one_line(ignored.finding.title),
            id=ignored.finding.id,
            reason=one_line(ignored.because),
        )
    yield f"{verdict(report)} ({heading(report.facts)})."
    yield from footer(report)


def _annotation(finding: Finding) -> str:
    lines = [str(finding.explanation), *(f"- {line}" for line in finding.evidence)]
    for remedy in finding.remedies:
        lines += [str(remedy.title), *(f"    {line}" for line in remedy.commands)]
    title = _escaped(f"{finding.title} ({finding.id})").replace(":", "%3A").replace(",", "%2C")
    return f"::{_KINDS[finding.severity]} title={title}::{_escaped(chr(10).join(lines))}"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\n", "%0A")
