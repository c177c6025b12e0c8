"""How a run is judged, kept and told, with a driver that only plays back what it is given."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema

from tests.matrix import report
from tests.matrix.driver import Broken
from tests.matrix.generate import COMPOSE
from tests.matrix.model import Cell, load
from tests.matrix.result import judge
from tests.matrix.run import run
from tests.truth.stock import Absent

CELLS = {cell.id: cell for cell in load()[1]}
SOUND = CELLS["sound debian-12 system 3.11"]
CURED = CELLS["libpython missing debian-12 pyenv 3.10"]
PASTED = CELLS["PYTHONHOME debian-12 system 3.11"]
PULLED = CELLS["glibc too old rocky-9 system 3.9"]


def said(verdict: str, *ids: str, code: int = 0, **fix: Any) -> dict[str, Any]:
    findings = [{"id": id, "severity": "error", "title": f"{id} <&|>\x1b"} for id in ids]
    return {
        "report": {"verdict": verdict, "findings": findings, "fix": fix},
        "seconds": 1.0,
        "code": code,
    }


def start(served: bool) -> dict[str, Any]:
    return {"served": served, "seconds": 2.0, "log": "a log\x00 of <it>"}


def fixed(outcome: str, code: int, *remedies: str, shell: tuple[str, ...] = ()) -> dict[str, Any]:
    steps = [{"remedy": remedy} for remedy in remedies]
    return said("ok", code=code, outcome=outcome, steps=steps, shell=list(shell))


def cured() -> dict[str, Any]:
    return {
        "check": said("fail", "libpython-missing"), "truth": start(False),
        "fix": fixed("fixed", 0, "link-libpython"), "after": start(True),
    }  # fmt: skip


def pasted() -> dict[str, Any]:
    return {
        "check": said("fail", "python-variables-stop-it"), "truth": start(False),
        "fix": fixed("incomplete", 1, "unset-variable", shell=("unset PYTHONHOME",)),
        "after": start(False), "pasted": start(True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "steps"),
    [(SOUND, {"check": said("ok"), "truth": start(True)}), (CURED, cured()), (PASTED, pasted())],
)
def test_passes(cell: Cell, steps: dict[str, Any]) -> None:
    assert judge(cell, steps).why == []


@pytest.mark.parametrize(
    ("cell", "steps", "why"),
    [
        (SOUND, {"check": said("fail", "no-pty"), "truth": start(True)}, "said that it fails"),
        (SOUND, {"check": said("ok"), "truth": start(False)}, "said that it serves"),
        (SOUND, {"check": said("ok")}, "it was not started"),
        (SOUND, {"check": {"report": None, "seconds": 1.0}, "truth": start(True)}, "no report"),
        (CURED, {**cured(), "check": said("fail", "no-pty")}, "causes no-pty instead of"),
        (CURED, {**cured(), "after": start(False)}, "fix ended with 0, and afterwards it fails"),
        (CURED, {**cured(), "fix": fixed("failed", 1, "link-libpython")}, "fix ended with 1"),
        (CURED, {**cured(), "fix": fixed("fixed", 0, "other")}, "plan other instead of link-libpython"),
        (PASTED, {**pasted(), "pasted": start(False)}, "promised that it serves with the lines"),
        (PASTED, {**pasted(), "check": said("ok")}, "said that it serves, and it fails"),
    ],
)
def test_fails(cell: Cell, steps: dict[str, Any], why: str) -> None:
    found = judge(cell, steps)
    assert found.status == "failed" and why in "; ".join(found.why)


class Player:
    """A driver that plays steps back, and counts."""

    name = "player"

    def __init__(self, steps: Mapping[str, Any]) -> None:
        self.given = steps
        self.ran: list[str] = []

    @contextmanager
    def prepare(self, cell: Cell) -> Iterator[None]:
        if cell is PULLED:
            raise Absent("rockylinux:9 cannot be pulled: no such host")
        yield

    def steps(self, cell: Cell, prepared: None) -> Iterator[Mapping[str, Any]]:
        self.ran.append(cell.id)
        for name, step in self.given[cell.id].items():
            if step is None:
                raise Broken("the container ended with 137")
            yield {"step": name, **step}


def of(steps: Mapping[str, Any], folder: Path) -> tuple[report.Run, Player]:
    player = Player(steps)
    cells = tuple(CELLS[id] for id in (*steps, PULLED.id))
    results = run(cells, player, folder, 2)
    return report.Run("player", 1_800_000_000.0, 90.0, cells, tuple(results)), player


def four() -> dict[str, Any]:
    return {
        SOUND.id: {"check": said("ok"), "truth": start(True)},
        CURED.id: cured(),
        PASTED.id: {**pasted(), "pasted": start(False)},
        "few threads debian-12 system 3.11": {"check": said("fail", "limit-too-low"), "truth": None},
    }


def test_is_resumed(tmp_path: Path) -> None:
    _, first = of(four(), tmp_path)
    assert len(first.ran) == 4
    again, second = of(four(), tmp_path)
    assert second.ran == ["few threads debian-12 system 3.11"], "only what did not end is run again"
    assert [result.status for result in again.results] == [
        "passed",
        "passed",
        "failed",
        "broken",
        "not run",
    ]


def test_counts_and_never_calls_passed_what_was_not_run(tmp_path: Path) -> None:
    told, _ = of(four(), tmp_path)
    assert report.summary(told) == (
        "2 of 4 cells are as predicted and as declared, 1 are not, 1 could not be built or run; "
        "1 not run (player, 2 min)."
    )
    for text in (report.table(told), report.page(told)):
        assert f"- {PULLED.id}: rockylinux:9 cannot be pulled: no such host" in text
        rows = [line for line in text.splitlines() if line.startswith("| ") and " | " in line]
        widths = {line.count(" | ") for line in rows if "debian-12" in line}
        assert widths == {9}
        assert not any("rocky-9" in line for line in rows)


def test_junit_is_valid(tmp_path: Path, xsd: Path) -> None:
    told, _ = of(four(), tmp_path)
    text = report.junit(told)
    xmlschema.XMLSchema(str(xsd / "jenkins-junit.xsd")).validate(text)
    (suite,) = ElementTree.fromstring(text)
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip


def test_json(tmp_path: Path) -> None:
    told, _ = of(four(), tmp_path)
    report.write(told, tmp_path)
    found = json.loads((tmp_path / "matrix.json").read_text())
    cells = {one["id"]: one for one in found["cells"]}
    one = cells[CURED.id]
    assert (one["prediction"], one["truth"], one["causes"], one["cure"], one["truth_after"]) == (
        "fail", False, ["libpython-missing"], ["link-libpython"], True,
    )  # fmt: skip
    assert one["seconds"]["truth"] == 2.0
    assert cells[PULLED.id]["status"] == "not run" and cells[PULLED.id]["truth"] is None


def test_logs_of_failures_are_kept(tmp_path: Path) -> None:
    of(four(), tmp_path)
    assert (tmp_path / "results" / "PYTHONHOME-debian-12-system-3.11.pasted.log").is_file()


def test_compose_is_valid_by_its_schema() -> None:
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*judge, str(COMPOSE)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "nothing like it"], "no cell's name fits 'nothing like it'"),
        (["--resume", "/nonexistent"], "/nonexistent is not the output of an earlier run"),
        (["--driver", "podman"], "docker"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_wrong_usage(words: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.matrix", *words], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 2 and said in done.stderr
