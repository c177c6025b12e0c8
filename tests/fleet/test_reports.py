"""`tritondoctor fleet` on fleets that are made from real reports: who made one knows what is in it."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import hostlist
import jsonschema
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.fleet import cost
from tests.fleet import synthetic
from tests.reports.make_cases import CASES, RECORDED
from tests.reports.test_browser import _Reader, _run, browser  # noqa: F401 (a fixture)
from tests.test_cli import run
from tritondoctor.data import make_schema
from tritondoctor.fleet import record
from tritondoctor.reports import fleet_words

Fleet = dict[str, Any]
SIZE = 120


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """Some of everything: two causes, old drivers, two kinds of silence, two roles."""
    return list(synthetic.fleet(SIZE))


@pytest.fixture(scope="module")
def lines(records: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file of JSON lines."""
    path = tmp_path_factory.mktemp("fleet") / "fleet.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


@pytest.fixture(scope="module")
def told(lines: Path) -> Fleet:
    """What the doctor says of it."""
    done = run("fleet", "report", "--json", str(lines))
    assert done.stderr == "" and done.returncode == 1
    found: Fleet = json.loads(done.stdout)
    return found


def _errors(one: dict[str, Any]) -> tuple[str, ...]:
    findings = one["report"]["findings"] if one["report"] else ()
    return tuple(sorted({found["id"] for found in findings if found["severity"] == "error"}))


def test_groups_are_the_hosts_with_the_same_errors(records: list[dict[str, Any]], told: Fleet) -> None:
    made: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in records:
        if _errors(one):
            made[_errors(one)].add(one["host"])
    found = {tuple(one["ids"]): one for one in told["groups"] if one["severity"] == "error"}
    assert {ids: _hosts(one["variants"]) for ids, one in found.items()} == made
    # user, home and name differ on each host, and are no other cause
    assert all(len(one["variants"]) == 1 for one in found.values())
    for one in told["hosts"]:
        assert (one["verdict"] == "fail") == any(one["host"] in hosts for hosts in made.values())


def _hosts(entries: Iterable[dict[str, Any]]) -> set[str]:
    return {host for entry in entries for host in entry["hosts"]}


def test_who_did_not_answer_and_why(records: list[dict[str, Any]], told: Fleet) -> None:
    silent = [one for one in records if one["answer"] != "report"]
    assert [(one["host"], one["answer"], one["said"]) for one in told["silent"]] == [
        (one["host"], one["answer"], one["said"]) for one in silent
    ]


def test_old_drivers_are_odd_and_cards_are_counted(records: list[dict[str, Any]], told: Fleet) -> None:
    made = {
        one["host"] for one in records
        if one["report"] and one["report"]["facts"]["gpu"]["module"]["version"] == synthetic.OLD_DRIVER
    }  # fmt: skip
    odd = [
        one for one in told["odd"]
        if any(fact["name"] == "gpu.module.version" for fact in one["differences"])
    ]  # fmt: skip
    assert made and _hosts(odd) == made
    assert odd[0]["role"] == "gpu" and odd[0]["differences"][0]["usual"] == synthetic.DRIVER
    assert sum(len(one["hosts"]) for one in told["gpus"]) == len(told["hosts"]) - len(told["silent"])
    assert _hosts(one for one in told["gpus"] if one["driver"] == synthetic.OLD_DRIVER) == made


def test_what_differs_on_every_host_is_not_odd(told: Fleet) -> None:
    names = {fact["name"] for one in told["odd"] for fact in one["differences"]}
    assert not {name.rpartition(".")[2] for name in names} & {
        "free",
        "uuid",
        "memory_left",
        "memory",
        "user",
    }
    ill = {one["host"] for one in told["hosts"] if one["verdict"] == "fail"}
    assert {host for one in told["odd"] if one["role"] == "web" for host in one["hosts"]} <= ill


def test_schemas(records: list[dict[str, Any]], told: Fleet) -> None:
    schemas = make_schema.schemas()
    jsonschema.Draft202012Validator(schemas["fleet.schema.json"]).validate(told)
    for one in records[:30]:
        jsonschema.Draft202012Validator(schemas["host.schema.json"]).validate(one)
        assert one["schema"] == record.SCHEMA


def _without_sources(fleet: Fleet) -> Fleet:
    return {**fleet, "seconds": 0}


def test_files_folders_lines_and_streams_say_the_same(
    records: list[dict[str, Any]], lines: Path, told: Fleet, tmp_path: Path
) -> None:
    for one in records:
        folder = tmp_path / one["role"]
        folder.mkdir(exist_ok=True)
        (folder / f"{one['host']}.json").write_text(json.dumps(one, indent=1) + "\n")
    ways: list[tuple[list[str], str | None]] = [
        ([str(tmp_path)], None),
        (["-"], lines.read_text()),
        (["-"], "\n".join(json.dumps(one, indent=2) for one in records)),
        (["-"], "\ufeff\n\n" + lines.read_text().replace("\n", "\r\n\n")),
    ]
    for words, given_text in ways:
        done = run("fleet", "report", "--json", *words, input=given_text)
        assert _without_sources(json.loads(done.stdout)) == _without_sources(told)


def test_snapshots_say_what_the_reports_say(tmp_path: Path) -> None:
    for case in RECORDED:
        live = run("check", "--json", "--from", str(CASES / f"{case}.snapshot"), cwd=tmp_path)
        (tmp_path / f"{case}.json").write_text(live.stdout)
    kept = json.loads(run("fleet", "report", "--json", str(CASES)).stdout)
    live_told = json.loads(run("fleet", "report", "--json", str(tmp_path)).stdout)
    assert _without_sources(kept) == _without_sources(live_told)
    assert {one["host"] for one in kept["hosts"]} == set(RECORDED)


def test_plain_reports_take_the_name_of_their_file(tmp_path: Path) -> None:
    for folder in ("node1", "node2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "report.json").write_text(json.dumps(synthetic.real("healthy")))
    (tmp_path / "node3.json").write_text(json.dumps(synthetic.real("healthy")))
    (tmp_path / "notes.txt").write_text("not asked")
    found = json.loads(run("fleet", "report", "--json", str(tmp_path)).stdout)
    assert [one["host"] for one in found["hosts"]] == ["node1/report", "node2/report", "node3"]


def test_no_majority_no_odd_one(tmp_path: Path) -> None:
    for several in (["healthy", "wrong-build"], ["healthy", "wrong-build", "two-causes"]):
        (tmp_path / "two.jsonl").write_text(
            "".join(json.dumps(synthetic.real(one)) + "\n" for one in several)
        )
        assert (
            json.loads(run("fleet", "report", "--json", str(tmp_path / "two.jsonl")).stdout)["odd"] == []
        )


def test_a_role_from_the_name(lines: Path, told: Fleet) -> None:
    found = json.loads(run("fleet", "report", "--json", str(lines), "--role-from", r"^[a-z]+").stdout)
    assert _without_sources(found) == _without_sources(told)
    found = json.loads(run("fleet", "report", "--json", str(lines), "--role-from", r"(\d)$").stdout)
    assert all(one["role"] == one["host"][-1] for one in found["hosts"])
    done = run("fleet", "report", str(lines), "--role-from", "(")
    assert done.returncode == 2 and "no regular expression" in done.stderr


def test_a_host_that_is_there_twice_counts_once(records: list[dict[str, Any]], tmp_path: Path) -> None:
    first = next(one for one in records if one["answer"] == "unreachable")
    again = {**first, "answer": "report", "said": "", "report": synthetic.host(1, "healthy")}
    (tmp_path / "a.jsonl").write_text(json.dumps(first) + "\n" + json.dumps(again) + "\n")
    done = run("fleet", "report", "--json", str(tmp_path / "a.jsonl"))
    found = json.loads(done.stdout)
    assert done.returncode == 0 and [one["verdict"] for one in found["hosts"]] == ["ok"]
    assert found["repeated"] == [
        {"host": first["host"], "sources": [f"{tmp_path}/a.jsonl:1", f"{tmp_path}/a.jsonl:2"]}
    ]


def _report() -> str:
    return json.dumps(synthetic.real("healthy"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "empty"),
        ("no JSON", "not JSON, or cut off"),
        ("\x00\xff" * 50, "not JSON, or cut off"),
        ("[{}]", "jq -c"),
        ("{}", "names no schema"),
        ('{"schema": "tritondoctor.report/2"}', "of another release"),
        ('{"schema": "tritondoctor.diff/1"}', "neither a report nor a snapshot"),
        ('{"schema": "tritondoctor.report/1"}', "damaged"),
        (
            '{"schema": "tritondoctor.report/1", "findings": [], "facts": {}}',
            "facts are inconsistent",
        ),
        ('{"schema": "tritondoctor.host/1", "host": 3}', "damaged"),
        ('{"a":' * 100_000, "cut off"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(content)
    alone = run("fleet", "report", str(tmp_path / "bad.json"))
    assert alone.returncode == 2 and why in " ".join(alone.stderr.split()) and "bad.json" in alone.stderr
    (tmp_path / "good.json").write_text(_report())
    done = run("fleet", "report", "--json", str(tmp_path))
    found = json.loads(done.stdout)
    assert done.returncode == 1 and [one["host"] for one in found["hosts"]] == ["good"]
    assert [why in one["why"] for one in found["unread"]] == [True]


def test_a_report_that_is_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    whole = _report()
    for text in (
        f"{whole}\n{whole[:3000]}\n{whole}\n",
        f"{whole[:3000]}\n{json.dumps(synthetic.real('healthy'), indent=1)}\n{whole}\n",
        f"{whole}\n{'x' * (9 << 20)}\n{whole}\n",
    ):
        (tmp_path / "some.jsonl").write_text(text)
        found = json.loads(run("fleet", "report", "--json", str(tmp_path / "some.jsonl")).stdout)
        assert [one["verdict"] for one in found["hosts"]] == ["ok", "ok"]
        assert len(found["unread"]) == 1


def test_bytes_that_are_no_text_and_orders_to_a_terminal(tmp_path: Path) -> None:
    made = synthetic.host(1, "wrong-build")
    made["facts"]["cwd"] = "/tmp/\udcff\udc80x"
    made["findings"][0]["evidence"].insert(0, "/tmp/\udcff \x1b[31m \n[x] 9 hosts: faked")
    (tmp_path / "one.json").write_text(json.dumps(made))
    (tmp_path / "two.json").write_bytes(json.dumps(made).encode().replace(b"wrong-build", b"\xffwrong"))
    for format in ("console", "json", "junit", "html"):
        done = run("fleet", "report", str(tmp_path), "--format", format)
        assert done.returncode == 1 and "\x1b" not in done.stdout
    told = run("fleet", "report", str(tmp_path)).stdout
    assert "\n[x] 9 hosts" not in told and "could not be read" not in told


@pytest.mark.parametrize(
    "words", [("/no/such/file",), ("--format", "sarif", "-"), ("--json", "--format", "json", "-")]
)
def test_wrong_usage(words: tuple[str, ...]) -> None:
    done = run("fleet", "report", *words, input="")
    assert done.returncode == 2 and done.stdout == "" and done.stderr


def test_an_empty_folder(tmp_path: Path) -> None:
    done = run("fleet", "report", str(tmp_path))
    assert done.returncode == 2 and "no reports in this folder" in done.stderr


def test_a_file_that_is_named_like_a_command(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text(_report())
    assert run("fleet", "report", "./reports", cwd=tmp_path).returncode == 0


def test_warnings_fail_where_asked(tmp_path: Path) -> None:
    made = synthetic.host(1, "healthy")
    made["findings"] = [
        {"id": "some-warning", "severity": "warning", "title": "it bites", "explanation": "",
         "fields": {}, "evidence": [], "remedies": []}
    ]  # fmt: skip
    (tmp_path / "one.json").write_text(json.dumps(made))
    assert run("fleet", "report", str(tmp_path)).returncode == 0
    assert run("fleet", "report", "--strict", str(tmp_path)).returncode == 1


def test_junit(records: list[dict[str, Any]], lines: Path, tmp_path: Path, xsd: Path) -> None:
    out = tmp_path / "fleet.xml"
    assert run("fleet", "report", str(lines), "--format", "junit", "--output", str(out)).returncode == 1
    xmlschema.XMLSchema(str(xsd / "jenkins-junit.xsd")).validate(str(out))
    (suite,) = ElementTree.parse(out).getroot()
    cases = {one.attrib["name"]: one for one in suite.findall("testcase")}
    assert cases.keys() == {one["host"] for one in records}
    for one in records:
        case = cases[one["host"]]
        assert (case.find("failure") is not None) == bool(_errors(one))
        assert (case.find("error") is not None) == (one["answer"] != "report")
    for kind, tag in (("failures", "failure"), ("errors", "error")):
        assert int(suite.attrib[kind]) == sum(case.find(tag) is not None for case in cases.values())


def test_the_page(lines: Path, tmp_path: Path, browser: list[str]) -> None:  # noqa: F811
    out = tmp_path / "fleet.html"
    run("fleet", "report", str(lines), "--format", "html", "--output", str(out))
    page = out.read_text()
    reader = _Reader()
    reader.VOID = reader.VOID | {"wbr", "br"}
    reader.feed(page)
    assert not reader.open
    assert all(target.startswith("#") and f'id="{target[1:]}"' in page for target in reader.references)
    assert "<script" not in page and "url(" not in page and len(page) < 500_000
    for said in (synthetic.OLD_DRIVER, synthetic.DRIVER, "libpython-missing", "No route to host"):
        assert said in page
    policy = page[page.index("<meta http-equiv") :].partition(">")[0] + ">"
    measure = (
        "<script>document.title=document.documentElement.scrollWidth+' of '+innerWidth</script></body>"
    )
    out.write_text(page.replace(policy, "").replace("</body>", measure))
    dom = _run(browser, out, "--window-size=500,900", "--dump-dom")
    width, _, room = dom[dom.index("<title>") + 7 : dom.index("</title>")].partition(" of ")
    assert int(width) <= int(room)


@pytest.mark.parametrize("columns", ["80", "50"])
def test_the_console_fits(columns: str, lines: Path) -> None:
    done = run("fleet", "report", str(lines), env={**os.environ, "COLUMNS": columns})
    for line in done.stdout.splitlines():
        # a path or a command stays whole
        assert (
            len(line) <= int(columns)
            or max(map(len, line.split())) > int(columns) - 20
            or line[:10].isspace()
            or sys.executable in line
        )


@given(st.lists(st.from_regex(r"(node|gpu-a)?[0-9]{0,5}(\.cluster[0-9])?", fullmatch=True).filter(bool)))
def test_folded_names_are_those_that_a_cluster_unfolds(names: list[str]) -> None:
    folded = ",".join(fleet_words.folded(sorted(set(names))))
    assert set(hostlist.expand_hostlist(folded)) == set(names)


def test_time_and_memory_grow_with_hosts_and_no_faster(tmp_path: Path) -> None:
    few, many = cost(100, str(tmp_path)), cost(800, str(tmp_path))
    assert many.seconds < 12 * few.seconds
    assert many.memory - few.memory < 12
