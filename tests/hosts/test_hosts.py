"""The whole way on real hosts: asked, repaired canaries first, taken back, and nothing left on any."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.hosts import declared, machines
from tests.hosts.machines import Machines
from tests.truth.stock import Absent

ROOT = Path(__file__).parents[2]
#: seconds for a host; the hosts share cores that may be busy
BUSY_S = 400

pytestmark = pytest.mark.fleet


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(declared.SLICE, marks=pytest.mark.fleet_slice, id="slice"),
        pytest.param(declared.ALL, id="all"),
    ],
)
def hosts(request: pytest.FixtureRequest, docker_engine: docker.DockerClient) -> Iterator[Machines]:
    """Running hosts, one set after the other."""
    try:
        with machines.running(docker_engine, request.param) as running:
            yield running
    except Absent as absent:
        pytest.skip(str(absent))


def fleet(
    pyz: str, where: Path, command: str, *arguments: str, expected: Sequence[int] = (0, 1)
) -> subprocess.CompletedProcess[str]:
    """Runs `tritondoctor fleet COMMAND`, as from a shell in `where`."""
    done = subprocess.run(
        [sys.executable, "-m", "tritondoctor", "fleet", command, "--doctor", pyz, *arguments],
        cwd=where, env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(where)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in expected, done.stdout + done.stderr
    return done


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """Host -> its record."""
    found = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return {one["host"]: one for one in found}


def errors(record: dict[str, Any]) -> tuple[str, ...]:
    """The ids of a record's errors."""
    findings = (record["report"] or {}).get("findings", [])
    return tuple(sorted(finding["id"] for finding in findings if finding["severity"] == "error"))


def differences(before: dict[str, Any], after: dict[str, Any], host: str) -> list[str]:
    """Paths of a host that are not as they were."""
    old, new = before[host], after[host]
    return sorted(path for path in {*old, *new} if old.get(path) != new.get(path))


def test_hosts(hosts: Machines, pyz: str, tmp_path: Path) -> None:
    inventory = hosts.inventory(tmp_path / "inventory.json", tritondoctor_deadline=BUSY_S)
    files, processes = hosts.files(), hosts.processes()
    awake = [host for host in hosts.hosts.values() if host.answer == "report"]

    run = fleet(pyz, tmp_path, "run", "-i", str(inventory), "--output", "run", expected=(1,))
    found = records(tmp_path / "run/hosts")
    assert {name: (one["answer"], errors(one)) for name, one in found.items()} == {
        host.name: (host.answer, host.errors) for host in hosts.hosts.values()
    }
    for name, host in hosts.hosts.items():
        assert host.said in found[name]["said"], name
    assert found["sound-2"]["report"]["facts"]["host"]["user"] == "$USER"
    for name in hosts.hosts:
        assert name in run.stdout
    _assert_as_before(hosts, files, processes)
    for path in (tmp_path / "run").rglob("*"):
        text = path.read_text() if path.is_file() else ""
        assert not any(secret in text for secret in declared.SECRETS), path

    curable = sorted(one.name for one in awake if one.name.startswith(("conda", "old")))
    limit = ",".join([*curable, "gone-1", "read-only-1", "without-zmq-1", "unsafe-1"])
    fix = fleet(
        pyz, tmp_path, "fix", "-i", str(inventory), "--limit", limit, "--yes", "--batch", "3",
        "--output", "fix", "--json", expected=(1,),
    )  # fmt: skip
    told = json.loads(fix.stdout)
    assert {name: one["state"] for name, one in told["hosts"].items()} == dict.fromkeys(curable, "fixed")
    assert "Canary: conda-1" in fix.stderr and "Batch: conda-2" in fix.stderr
    after = records(tmp_path / "fix/fixed")
    assert all(one["report"]["selftest"]["passed"] for one in after.values())
    changed = hosts.files()
    for name in hosts.containers:
        paths = differences(files, changed, name)
        assert bool(paths) == (name in curable), (name, paths)
        # what cures, and the record by which it is taken back
        assert all("nvidia_pytriton.libs" in path or _on_the_way(path) for path in paths), (name, paths)

    fleet(pyz, tmp_path, "undo", str(tmp_path / "fix"), "--yes", expected=(0,))
    _assert_as_before(hosts, files, processes)


def _on_the_way(path: str) -> bool:
    """Folders that a record or a cure lies in."""
    return path.startswith(("/root/.local", "/root/.cache"))


def _assert_as_before(hosts: Machines, files: dict[str, Any], processes: dict[str, list[str]]) -> None:
    now, running = hosts.files(), hosts.processes()
    for name in hosts.containers:
        assert differences(files, now, name) == [], name
        if hosts.hosts[name].answer != "timed-out":  # there the login itself stands still
            assert running[name] == processes[name], name


def test_it_stops_at_the_first_that_comes_out_worse(hosts: Machines, pyz: str, tmp_path: Path) -> None:
    inventory = hosts.inventory(tmp_path / "inventory.json", tritondoctor_deadline=BUSY_S)
    files = hosts.files()
    limit = f"{declared.TRAP.name},conda-1"
    fix = fleet(
        pyz, tmp_path, "fix", "-i", str(inventory), "--limit", limit, "--yes", "--output", "fix",
        expected=(1,),
    )  # fmt: skip
    told = json.loads((tmp_path / "fix/fleet-fix.json").read_text())
    assert {name: one["state"] for name, one in told["hosts"].items()} == {declared.TRAP.name: "failed"}
    assert "undone" in told["stopped"] and "conda-1" in fix.stdout.partition("Stopped there")[2]
    now = hosts.files()
    assert not any(differences(files, now, name) for name in hosts.containers)
