"""JUnit XML: a test case for each check, as Jenkins, GitLab and others read it."""

from __future__ import annotations

from xml.etree import ElementTree

from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.examination.report import Report
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.words import footer, heading, verdict

_SUITE = "tritondoctor"


def render(report: Report) -> str:
    """One suite; an error fails its case, an ignored finding skips it, others are told in its output."""
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.id, []).append(finding)
    skipped = {one.finding.id: one for one in report.ignored if one.finding.id not in found}
    attributes = {"classname": _SUITE, "time": "0"}
    cases = [ElementTree.Element("testcase", attributes, name=id) for id in sorted(CATALOGUE)]
    failing = ("error", "warning") if report.strict else ("error",)
    failures = 0
    for case in cases:
        findings = found.get(case.attrib["name"], [])
        errors = [finding for finding in findings if finding.severity in failing]
        if errors:
            failures += 1
            title = "; ".join(str(error.title) for error in errors)
            told = ElementTree.SubElement(
                case, "failure", message=printable(title), type=errors[0].severity
            )
            told.text = "\n\n".join(_told(error) for error in errors)
        elif findings:
            told = ElementTree.SubElement(case, "system-out")
            told.text = "\n\n".join(_told(finding) for finding in findings)
        elif case.attrib["name"] in skipped:
            reason = skipped[case.attrib["name"]].because
            ElementTree.SubElement(case, "skipped").text = printable(f"ignored: {reason}")
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


def _told(finding: Finding) -> str:
    lines = [f"{finding.severity}: {finding.title}", str(finding.explanation)]
    lines += [f"- {line}" for line in finding.evidence]
    for remedy in finding.remedies:
        lines += [
            f"{remedy.title}{':' if remedy.commands else ''}",
            *(f"    {command}" for command in remedy.commands),
        ]
    return "\n".join(printable(line) for line in lines)
