"""SARIF 2.1.0, for code scanning; what is ignored is there as suppressed, with its reason."""

from __future__ import annotations

from typing import Any, Optional
from urllib.parse import quote

from tritondoctor import __version__
from tritondoctor.checks import CATALOGUE, Finding, Rule
from tritondoctor.examination.report import Report
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.json import text_of
from tritondoctor.reports.page import unbraced
from tritondoctor.reports.words import heading, verdict
from tritondoctor.support.digests import sha256
from tritondoctor.support.messages import _

SCHEMA = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(report: Report) -> str:
    """One run, with a rule for each check."""
    rules = sorted(CATALOGUE)
    results = [_result(finding, None, rules, report) for finding in report.findings]
    results += [_result(ignored.finding, ignored.because, rules, report) for ignored in report.ignored]
    run = {
        "tool": {
            "driver": {
                "name": "tritondoctor",
                "semanticVersion": __version__,
                "rules": [_rule(CATALOGUE[id]) for id in rules],
            }
        },
        "originalUriBaseIds": {
            "ROOT": {"uri": "file:///"},
            "HOME": {"description": {"text": _("The home folder of the user who runs PyTriton.")}},
        },
        "invocations": [{"executionSuccessful": True}],
        "results": results,
        "properties": {
            "verdict": report.verdict,
            "summary": printable(verdict(report)),
            "target": printable(heading(report.facts)),
            "redaction": report.removed,
        },
    }
    return text_of({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.id.replace("-", " ")},
        "fullDescription": {"text": unbraced(rule.means)},
        "help": {"text": unbraced(rule.by_hand)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, reason: Optional[str], rules: list[str], report: Report) -> dict[str, Any]:
    lines = [str(finding.title) + ".", str(finding.explanation), *map(str, finding.evidence)]
    for remedy in finding.remedies:
        lines += [str(remedy.title), *remedy.commands]
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": rules.index(finding.id),
        "level": _LEVELS[finding.severity],
        "message": {"text": printable("\n".join(lines))},
        "locations": [{"physicalLocation": {"artifactLocation": _location(report.python)}}],
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
    }
    if reason is not None:
        result["suppressions"] = [{"kind": "external", "justification": printable(reason)}]
    return result


def _location(path: str) -> dict[str, str]:
    base = "HOME" if path.startswith("~/") else "ROOT"
    inner = path[2:] if base == "HOME" else path.lstrip("/")
    return {"uri": quote(inner.encode("utf-8", "surrogateescape")), "uriBaseId": base}


def fingerprint(finding: Finding) -> str:
    """The same for the same finding on the same machine, whenever it is made."""
    fields = sorted(finding.title.strings().items())
    identity = "\0".join([finding.id, *(f"{key}={value}" for key, value in fields)])
    return sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
