"""A fleet as JUnit XML: a test case for each host."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from tritondoctor.fleet.model import FleetSummary, HostCause, HostSummary, Outlier
from tritondoctor.privacy.printable import printable
from tritondoctor.reports import fleet_words as words

_SUITE = "tritondoctor.fleet"
_MOST_FACTS = 5


def render(fleet: FleetSummary) -> str:
    """One suite: an error on a host fails its case; what did not answer or cannot be read is an error."""
    causes = {
        host: variant.causes
        for group in fleet.groups
        for variant in group.variants
        for host in variant.hosts
    }
    messages = {silent.host: silent.message for silent in fleet.silent}
    outliers: dict[str, list[Outlier]] = {}
    for outlier in fleet.outliers:
        for name in outlier.hosts:
            outliers.setdefault(name, []).append(outlier)
    cases = [
        _case(
            host,
            causes.get(host.host, ()),
            messages.get(host.host, ""),
            outliers.get(host.host, []),
        )
        for host in fleet.hosts
    ]
    for unread in fleet.unread:
        case = ElementTree.Element("testcase", _attributes("unread", unread.source))
        ElementTree.SubElement(case, "error", message=printable(unread.why), type="unread")
        cases.append(case)
    suite = ElementTree.Element(
        "testsuite", name=_SUITE, tests=str(len(cases)), skipped="0",
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)), time=f"{fleet.seconds:.3f}",
    )  # fmt: skip
    suite.extend(cases)
    ElementTree.SubElement(suite, "system-out").text = printable(words.verdict(fleet))
    whole = ElementTree.Element("testsuites", name=_SUITE)
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(whole, encoding="unicode")


def _attributes(role: str, name: str) -> dict[str, str]:
    return {"classname": printable(f"{_SUITE}.{role}"), "name": printable(name), "time": "0"}


def _case(
    host: HostSummary, causes: tuple[HostCause, ...], message: str, outliers: list[Outlier]
) -> ElementTree.Element:
    case = ElementTree.Element("testcase", _attributes(host.role or "hosts", host.host))
    if host.status != "report":
        answer = words.ANSWERS[host.status]
        error = ElementTree.SubElement(case, "error", message=answer, type=host.status)
        error.text = printable(message)
    elif host.verdict == "fail":
        title = "; ".join(cause.title for cause in causes)
        failure = ElementTree.SubElement(
            case, "failure", message=printable(title), type=", ".join(host.causes)
        )
        failure.text = "\n".join(printable(line) for cause in causes for line in _cause(cause))
    notes = [] if host.verdict == "fail" else [line for cause in causes for line in _cause(cause)]
    notes += [
        f"outlier: {fact.name}: {fact.value} (usual: {fact.usual})"
        for outlier in outliers
        for fact in outlier.differences[:_MOST_FACTS]
    ]
    if notes:
        ElementTree.SubElement(case, "system-out").text = "\n".join(map(printable, notes))
    return case


def _cause(cause: HostCause) -> Iterator[str]:
    yield f"{cause.severity}: {cause.title} ({cause.id})"
    yield from (f"- {line}" for line in cause.evidence)
