"""JUnit XML: a test case for each check, as Jenkins, GitLab and others read it."""

from __future__ import annotations

from xml.etree import ElementTree

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.examination.report import Report
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.words import footer, heading, severity, verdict
from tritondoctor.support.messages import _

_SUITE = "tritondoctor"


def render(report: Report) -> str:
    """One suite; an error fails its case, an ignored finding skips it, others stand in its output."""
    by_id: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_id.setdefault(finding.id, []).append(finding)
    skipped = {
        ignored.finding.id: ignored for ignored in report.ignored if ignored.finding.id not in by_id
    }
    attributes = {"classname": _SUITE, "time": "0"}
    cases = [ElementTree.Element("testcase", attributes, name=id) for id in sorted(CATALOGUE)]
    failing = ("error", "warning") if report.strict else ("error",)
    failures = 0
    for case in cases:
        findings = by_id.get(case.attrib["name"], [])
        errors = [finding for finding in findings if finding.severity in failing]
        if errors:
            failures += 1
            title = "; ".join(str(error.title) for error in errors)
            failure = ElementTree.SubElement(
                case, "failure", message=printable(title), type=errors[0].severity
            )
            failure.text = "\n\n".join(map(_text, errors))
        elif findings:
            output = ElementTree.SubElement(case, "system-out")
            output.text = "\n\n".join(map(_text, findings))
        elif case.attrib["name"] in skipped:
            reason = skipped[case.attrib["name"]].because
            ElementTree.SubElement(case, "skipped").text = printable(
                _("ignored: {reason}", reason=reason)
            )
    suite = ElementTree.Element(
        "testsuite", name=_SUITE, tests=str(len(cases)), failures=str(failures), errors="0",
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{report.seconds:.3f}",
    )  # fmt: skip
    suite.extend(cases)
    about = ElementTree.SubElement(suite, "system-out")
    about.text = printable("\n".join([verdict(report), heading(report.facts), *footer(report)]))
    whole = ElementTree.Element("testsuites", name=_SUITE)
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(whole, encoding="unicode")


def _text(finding: Finding) -> str:
    lines = [f"{severity(finding.severity)}: {finding.title}", str(finding.explanation)]
    lines += [f"- {line}" for line in finding.evidence]
    for remedy in finding.remedies:
        lines += [
            f"{remedy.title}{':' if remedy.commands else ''}",
            *(f"    {command}" for command in remedy.commands),
        ]
    return "\n".join(printable(line) for line in lines)
