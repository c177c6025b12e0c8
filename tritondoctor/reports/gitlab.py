"""GitLab's code quality report."""

from __future__ import annotations

from typing import Any

from tritondoctor.checks import Finding
from tritondoctor.examination.report import Report
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.json import text_of
from tritondoctor.reports.sarif import fingerprint

_SEVERITIES = {"error": "blocker", "warning": "major", "info": "info"}


def render(report: Report) -> str:
    """An array with an issue for each finding; GitLab wants a file and a line, so the interpreter's."""
    return text_of([_issue(finding, report.python) for finding in report.findings])


def _issue(finding: Finding, path: str) -> dict[str, Any]:
    return {
        "engine_name": "tritondoctor",
        "type": "issue",
        "check_name": finding.id,
        "description": printable(finding.title),
        "content": {
            "body": printable("\n".join([str(finding.explanation), *map(str, finding.evidence)]))
        },
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": fingerprint(finding),
        "location": {"path": printable(path).lstrip("/"), "lines": {"begin": 1}},
    }
