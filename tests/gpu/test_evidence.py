"""What was seen on real GPU machines (run.sh), judged again: the same findings ever after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tritondoctor.checks import examine
from tritondoctor.facts.model import Facts
from tritondoctor.running import judge, record

EVIDENCE = Path(__file__).parents[1] / "evidence"


def _reports(data: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(data, dict) and data.get("schema") == "tritondoctor.report/1":
        yield name, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _reports(value, f"{name} {key}")


def _all() -> list[tuple[str, dict[str, Any]]]:
    files = sorted(EVIDENCE.glob("*.json"))
    found = [pair for file in files for pair in _reports(json.loads(file.read_text()), file.stem)]
    return [(name, report) for name, report in found if "facts" in report]


@pytest.mark.parametrize(("name", "report"), _all())
def test_the_same_findings(name: str, report: dict[str, Any]) -> None:
    facts = msgspec.convert(report["facts"], Facts)
    found = [(finding.id, finding.severity, str(finding.title)) for finding in examine(facts)]
    assert found == [
        (finding["id"], finding["severity"], finding["title"]) for finding in report["findings"]
    ]


def _attached() -> list[Path]:
    return sorted(EVIDENCE.glob("attach-*.json"))


@pytest.mark.parametrize("file", _attached(), ids=lambda file: file.stem)
def test_the_same_is_said_of_a_server(file: Path) -> None:
    report = json.loads(file.read_text())
    found = [(finding.id, finding.severity) for finding in judge.findings(record.read(str(file)))]
    assert found == [(finding["id"], finding["severity"]) for finding in report["findings"]]


def test_there_is_evidence() -> None:
    if not _all():
        pytest.skip("no report of a real GPU machine in tests/evidence yet (tests/gpu/run.sh makes them)")
