"""What is typed wrongly, and a fleet's plans: groups, waves, and when a host is worse than it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.hosts.test_hosts import ROOT
from tritondoctor.fleet import ansible, plans, rollout
from tritondoctor.fleet.ansible import AnsibleFleet
from tritondoctor.fleet.record import SCHEMA, HostRecord

STEP = {
    "finding": "libpython-missing",
    "title": "Link it",
    "risk": "safe",
    "commands": ["ln -s a b"],
    "touches": ["b"],
}
SET = {**STEP, "commands": ["export PYTRITON_HOME=/x"], "touches": []}


def _typed(where: Path, *words: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tritondoctor", "fleet", *words], cwd=where, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(where), **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "", done.stdout
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "words, said",
    [
        (["run", "-i", "nowhere.yml"], "There is no inventory"),
        (["run", "-i", "broken.yml"], "Ansible cannot read the inventory"),
        (["run", "-i", "hosts.ini", "--limit", "nobody"], "nobody"),
        (["run", "-i", "hosts.ini", "--doctor", "nothing.pyz"], "make pyz"),
        (["run", "-i", "hosts.ini", "--doctor", "hosts.ini", "--output", "full"], "is not empty"),
        (["run", "-i", "hosts.ini", "--gpu", "perhaps"], "is not one of 'auto', 'required', 'off'"),
        (["fix", "-i", "hosts.ini"], "--yes"),
        (["undo", "--yes"], "name the folder of the fix"),
        (["undo", "full", "--yes"], "holds no fix of a fleet"),
        (["undo", "damaged", "--yes"], "cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_typed_wrongly(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "hosts.ini").write_text("[web]\nhere ansible_connection=local\n")
    (tmp_path / "broken.yml").write_text("all: [not, an inventory: {\n  password: hunter2hunter2")
    for name, file in (("full", "something"), ("damaged", rollout.RECORD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text('{"schema": 1}')
    code, told = _typed(tmp_path, *words)
    assert code == 2 and said in told and told.count("\n") == 1, told
    assert "hunter2hunter2" not in told
    assert (tmp_path / "full/something").read_text() == '{"schema": 1}'


def test_without_ansible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ansible.FleetError, match=r"pip install 'tritondoctor\[fleet\]'"):
        ansible.fleet(["hosts.ini"], "", file=None, forks=1, deadline=None)


def _record(
    host: str, outcome: str = "planned", errors: tuple[str, ...] = (), **fields: Any
) -> HostRecord:
    fix: dict[str, Any] = {
        "outcome": outcome,
        "id": None,
        "complete": True,
        "steps": [],
        "left": [],
        "shell": [],
        "why": None,
    }
    findings = [{"id": error, "severity": "error"} for error in errors]
    report = {"findings": findings, "fix": {**fix, **fields}}
    return HostRecord(SCHEMA, host, None, "report", "", 1.0, report)


def _silent(host: str) -> HostRecord:
    return HostRecord(SCHEMA, host, None, "timed-out", "nothing", 1.0, None)


def _undone(host: str, *left: str) -> HostRecord:
    return HostRecord(SCHEMA, host, None, "report", "", 1.0, {"undone": "1", "left": list(left)})


def test_same_plans_are_one_group() -> None:
    ill = ("libpython-missing",)
    known = {
        one.host: one
        for one in (
            _record("a", errors=ill, steps=[STEP]),
            _record("b", "sound"),
            _record("c", errors=ill, steps=[STEP]),
            _record("d", errors=ill, steps=[{**STEP, "commands": ["ln -s a elsewhere"]}]),
            _record("e", "no-plan", ("port-in-use",), complete=False),
            _record("f", errors=("unsafe",), steps=[SET], shell=["export PYTRITON_HOME=/x"]),
            _silent("g"),
        )
    }  # fmt: skip
    found = plans.groups(known)
    assert [(one.kind, one.hosts) for one in found] == [
        ("repairable", ("a", "c")),
        ("repairable", ("d",)),
        ("by-hand", ("e",)),
        ("by-hand", ("f",)),
        ("no-answer", ("g",)),
        ("sound", ("b",)),
    ]
    assert found[2].left == ("port-in-use",)


def test_canaries_of_every_plan_go_first() -> None:
    groups = [
        plans.PlanGroup("repairable", tuple(f"a{number}" for number in range(6)), ()),
        plans.PlanGroup("repairable", ("b0", "b1"), ()),
    ]
    assert list(plans.waves(groups, 1, 4)) == [
        ("canary", ("a0", "b0")),
        ("batch", ("a1", "a2", "a3", "a4")),
        ("batch", ("a5", "b1")),
    ]
    assert [kind for kind, _ in plans.waves(groups, 0, 100)] == ["batch"]


@pytest.mark.parametrize(
    "after, said",
    [
        (_record("a", "fixed"), None),
        (_record("a", "incomplete", ("old",)), None),
        (_record("a", "incomplete", ("new",)), "it has new errors: new"),
        (_record("a", "undone", ("old",)), "was undone"),
        (_record("a", "failed", ("old",), why="the disk is full"), "the disk is full"),
        (_silent("a"), "timed-out"),
    ],
)
def test_worse_than_before(after: HostRecord, said: Optional[str]) -> None:
    found = plans.worse(_record("a", errors=("old",)), after)
    assert found is None if said is None else found is not None and said in found


class _Hosts:
    """Stands for Ansible: each host's answers, and who was asked what."""

    def __init__(self, answers: dict[str, HostRecord]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def ask(
        self, fleet: AnsibleFleet, commands: dict[str, Any], *rest: Any, **more: Any
    ) -> dict[str, HostRecord]:
        self.asked.append(commands)
        return {host: self.answers[host] for host in commands}


def _rolled_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: _Hosts) -> rollout.Rollout:
    monkeypatch.setattr(ansible, "ask", hosts.ask)
    names = tuple(hosts.answers)
    known = {host: _record(host, errors=("old",), steps=[STEP]) for host in names}
    fleet = AnsibleFleet(("hosts.ini",), names, "pyz", 5, None)
    waves = list(plans.waves(plans.groups(known), 1, 2))
    return rollout.fix(fleet, known, waves, [], str(tmp_path), print, lambda kind, some: None)


def test_it_stops_after_the_wave_in_which_one_came_out_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {name: _record(name, "fixed", id=f"20260101-00000{name}") for name in "01234567"}
    answers["4"] = _silent("4")
    told = _rolled_out(tmp_path, monkeypatch, _Hosts(answers))
    assert {name: one.state for name, one in told.hosts.items()} == {
        "0": "fixed", "1": "fixed", "2": "fixed", "3": "fixed", "4": "asked",
    }  # fmt: skip
    assert told.stopped.startswith("4: ")
    assert rollout.read(str(tmp_path)) == told

    hosts = _Hosts({name: _undone(name) for name in "0123"})
    hosts.answers["2"] = _undone("2", "/opt/x")
    hosts.answers["3"] = _silent("3")
    monkeypatch.setattr(ansible, "ask", hosts.ask)
    fleet = AnsibleFleet(("hosts.ini",), tuple("01234567"), "pyz", 5, None)
    told = rollout.undo(fleet, told, str(tmp_path), print)
    assert hosts.asked == [
        {name: ["undo", "--yes", "--json", "--id", f"20260101-00000{name}"] for name in "0123"}
    ]
    assert {name: one.state for name, one in told.hosts.items()} == {
        "0": "undone", "1": "undone", "2": "left", "3": "left", "4": "asked",
    }  # fmt: skip


def test_what_a_host_says_never_becomes_a_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id goes into a command, which Ansible would evaluate on the controller."""
    evil = _record("0", "fixed", id="{{ lookup('pipe', 'touch /tmp/x') }}")
    told = _rolled_out(tmp_path, monkeypatch, _Hosts({"0": evil}))
    assert told.hosts["0"].state == "asked" and told.hosts["0"].fix is None
    assert "lookup" not in (tmp_path / rollout.RECORD).read_text()
