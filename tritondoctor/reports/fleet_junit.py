"""A fleet as JUnit XML: a test case for each host."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from tritondoctor.fleet.model import Cause, FleetSummary, HostRecord, Outlier
from tritondoctor.privacy.printable import printable
from tritondoctor.reports import fleet_words as words

_SUITE = "tritondoctor.fleet"


def render(fleet: FleetSummary) -> str:
    """One suite: an error on a host fails its case; what did not answer or cannot be read is an error."""
    causes = {
        host: variant.causes
        for group in fleet.groups
        for variant in group.variants
        for host in variant.hosts
    }
    said = {one.host: one.message for one in fleet.silent}
    odd: dict[str, list[Outlier]] = {}
    for one in fleet.outliers:
        for host in one.hosts:
            odd.setdefault(host, []).append(one)
    cases = [
        _case(host, causes.get(host.host, ()), said.get(host.host, ""), odd.get(host.host, []))
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
    host: HostRecord, causes: tuple[Cause, ...], said: str, odd: list[Outlier]
) -> ElementTree.Element:
    case = ElementTree.Element("testcase", _attributes(host.role or "hosts", host.host))
    if host.status != "report":
        message = words.ANSWERS[host.status]
        told = ElementTree.SubElement(case, "error", message=message, type=host.status)
        told.text = printable(said)
    elif host.verdict == "fail":
        title = "; ".join(cause.title for cause in causes)
        told = ElementTree.SubElement(
            case, "failure", message=printable(title), type=", ".join(host.causes)
        )
        told.text = "\n".join(printable(line) for cause in causes for line in _cause(cause))
    beside = [] if host.verdict == "fail" else [line for cause in causes for line in _cause(cause)]
    beside += [f"odd: {fact.name}: {fact.value} (usual: {fact.usual})"
               for one in odd for fact in one.differences[:5]]  # fmt: skip
    if beside:
        ElementTree.SubElement(case, "system-out").text = "\n".join(map(printable, beside))
    return case


def _cause(cause: Cause) -> Iterator[str]:
    yield f"{cause.severity}: {cause.title} ({cause.id})"
    yield from (f"- {line}" for line in cause.evidence)
