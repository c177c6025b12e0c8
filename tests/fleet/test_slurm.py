"""The scripts for Slurm on a real one: Debian's packages in containers, a real PyTriton on each node."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import msgspec
import pytest

from tests.fleet.slurm import DOCTOR, LISTEN, NODES, ROOT, SCRIPTS, TARGET, Cluster, cluster, eventually
from tests.truth.stock import Absent
from tritondoctor.fleet.record import HostRecord

_SOURCES = sorted((ROOT / "tritondoctor" / "fleet" / "slurm").glob("*.sh"))
_MISSING = "tritondoctor: libpython-missing"
_FAN = "the fan is loud"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shellcheck(shell: str) -> None:
    _shellcheck("-x", "--source-path=SCRIPTDIR", f"--shell={shell}", *map(str, _SOURCES))


def test_shellcheck_of_the_documentation(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "fleet.md").read_text().partition("## Slurm")[2].partition("\n## ")[0]
    for number, script in enumerate(re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)):
        (tmp_path / f"{number}.sh").write_text(script)
    _shellcheck("--exclude=SC1090", *map(str, tmp_path.iterdir()))


def _shellcheck(*words: str) -> None:
    program = str(Path(sys.executable).parent / "shellcheck")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def all_nodes(
    docker_engine: docker.DockerClient, pyz: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    try:
        with cluster(docker_engine, tmp_path_factory.mktemp("slurm"), pyz) as up:
            yield up
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture
def slurm(all_nodes: Cluster) -> Iterator[Cluster]:
    """The cluster with three sound nodes in service."""
    yield all_nodes
    all_nodes.sound_again()


@pytest.mark.fleet
@pytest.mark.fleet_slice
def test_prolog_drains_and_the_job_runs_elsewhere(slurm: Cluster) -> None:
    slurm.break_node("n1")
    job = slurm.submit("hostname")
    eventually(lambda: slurm.state("n1") == ("IDLE+DRAIN", _MISSING))
    eventually(lambda: slurm.job(job, "JobState") == "PENDING")
    assert slurm.job(job, "Priority") != "0", "held"
    slurm.run("ctl", "scontrol", "update", f"JobId={job}", "StartTime=now")
    eventually(lambda: slurm.job(job, "JobState") == "COMPLETED")
    assert slurm.job(job, "BatchHost") in ("n2", "n3")
    assert slurm.state("n1") == ("IDLE+DRAIN", _MISSING), "Slurm's own reason came over it"


@pytest.mark.fleet
@pytest.mark.fleet_slice
def test_health_check_drains_and_returns(slurm: Cluster) -> None:
    slurm.health_checks(5)
    slurm.break_node("n2")
    slurm.listen("n2")
    # what the doctor itself says to whoever logs in there
    report = json.loads(slurm.sh("n2", f"{DOCTOR} check --prefix {TARGET} --json || :"))
    errors = [one["id"] for one in report["findings"] if one["severity"] == "error"]
    assert sorted(errors) == ["libpython-missing", "port-in-use"]
    eventually(lambda: slurm.state("n2") == ("IDLE+DRAIN", f"tritondoctor: {errors[0]} (+1)"))
    slurm.stop_listening("n2")
    eventually(lambda: slurm.state("n2") == ("IDLE+DRAIN", _MISSING))
    slurm.heal("n2")
    eventually(lambda: slurm.state("n2") == ("IDLE", ""))
    slurm.health_checks(0)
    job = slurm.submit(f"{DOCTOR} selftest --prefix {TARGET}", "--nodelist=n2")
    eventually(lambda: slurm.job(job, "JobState") == "COMPLETED")


@pytest.mark.fleet
@pytest.mark.fleet_slice
def test_what_the_administrator_drained_stays(slurm: Cluster) -> None:
    slurm.drain("n3", _FAN)
    slurm.break_node("n3")
    assert f"left as it is (IDLE+DRAIN: {_FAN})" in slurm.health_check("n3")
    assert slurm.state("n3") == ("IDLE+DRAIN", _FAN)
    slurm.heal("n3")
    slurm.health_check("n3")
    assert slurm.state("n3") == ("IDLE+DRAIN", _FAN)


@pytest.mark.fleet
def test_a_drain_of_ours_that_the_administrator_made_his_own_stays(slurm: Cluster) -> None:
    slurm.break_node("n3")
    slurm.health_check("n3")
    assert slurm.state("n3") == ("IDLE+DRAIN", _MISSING)
    slurm.drain("n3", _FAN)
    slurm.heal("n3")
    slurm.health_check("n3")
    assert slurm.state("n3") == ("IDLE+DRAIN", _FAN)


@pytest.mark.fleet
def test_a_node_that_is_down_is_not_taken_back(slurm: Cluster) -> None:
    slurm.break_node("n3")
    slurm.health_check("n3")
    slurm.run("ctl", "scontrol", "update", "NodeName=n3", "State=DOWN", f"Reason={_MISSING}")
    slurm.heal("n3")
    slurm.health_check("n3")
    assert slurm.state("n3")[0].startswith("DOWN")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("options='--prefix /nowhere'", "no such folder"),
        ("deadline=0.05", "no answer within 0.05 s"),
        ("doctor=/nowhere/tritondoctor.pyz", "No such file"),
        ("user=nobody-of-this-name", "it ended with"),
        # a doctor that fails ends with 1, as Python does
        ("doctor=/root/broken", "RuntimeError"),
        ("environment=PATH=/nowhere", "there is no python3"),
        ("options=", "names no environment"),
        ("user=(", "slurm.conf: "),
        ("false", "names no environment"),
    ],
)
@pytest.mark.fleet
def test_a_doctor_that_fails_drains_nothing(slurm: Cluster, line: str, said: str) -> None:
    slurm.sh("n1", "printf '#!/usr/bin/python3\\nraise RuntimeError(1)' > /root/broken")
    slurm.sh("n1", "chmod 755 /root /root/broken")
    slurm.configure("n1", line)
    slurm.break_node("n1")
    heard = slurm.health_check("n1")
    assert "n1 stays as it is: " in heard
    assert said in heard
    assert slurm.state("n1") == ("IDLE", "")


@pytest.mark.fleet
def test_the_variables_of_the_jobs_are_those_of_the_check(slurm: Cluster) -> None:
    """The one file starts its Python without them, and says what they do to PyTriton's."""
    slurm.configure("n1", "environment=PYTHONHOME=/nowhere")
    assert "n1: drained: tritondoctor: python-variables-stop-it" in slurm.health_check("n1")


@pytest.mark.fleet
@pytest.mark.fleet_slice
def test_a_doctor_that_fails_takes_nothing_back_and_keeps_no_job_away(slurm: Cluster) -> None:
    slurm.break_node("n1")
    slurm.health_check("n1")
    slurm.configure("n1", "options='--prefix /nowhere'")
    slurm.configure("n2", "options='--prefix /nowhere'")
    slurm.heal("n1")
    slurm.health_check("n1")
    assert slurm.state("n1") == ("IDLE+DRAIN", _MISSING)
    job = slurm.submit("hostname", "--nodelist=n2")
    eventually(lambda: slurm.job(job, "JobState") == "COMPLETED")


@pytest.mark.fleet
def test_what_a_job_brings_about_does_not_count(slurm: Cluster) -> None:
    job = slurm.submit(LISTEN, "--nodelist=n1")
    eventually(lambda: slurm.listening("n1"))
    slurm.health_check("n1")
    assert slurm.state("n1")[1] == ""
    slurm.break_node("n1")
    slurm.health_check("n1")
    assert slurm.state("n1") in [(f"{busy}+DRAIN", _MISSING) for busy in ("MIXED", "ALLOCATED")]
    slurm.run("ctl", "scancel", job)


@pytest.mark.fleet
def test_what_a_stray_process_brings_about_counts(slurm: Cluster) -> None:
    slurm.listen("n1")
    slurm.health_check("n1")
    assert slurm.state("n1") == ("IDLE+DRAIN", "tritondoctor: port-in-use")


@pytest.mark.fleet
def test_a_policy_says_what_is_ignored(slurm: Cluster) -> None:
    policy = "/etc/tritondoctor/tritondoctor.toml"
    slurm.sh("n1", f"printf '[ignore]\\nlibpython-missing = \"a test\"' > {policy}")
    slurm.break_node("n1")
    slurm.health_check("n1")
    assert slurm.state("n1") == ("IDLE", "")
    slurm.sh("n1", f"rm {policy}")


@pytest.mark.fleet
def test_a_sound_node_does_not_ask_the_controller(slurm: Cluster) -> None:
    slurm.health_check("n1")
    before = _asked(slurm)
    assert slurm.health_check("n1") == ""
    job = slurm.submit("hostname", "--nodelist=n1")
    eventually(lambda: slurm.job(job, "JobState") == "COMPLETED")
    assert _asked(slurm) == before


def _asked(slurm: Cluster) -> list[str]:
    return re.findall(r"REQUEST_NODE_INFO_SINGLE\s.*?count:(\d+)", slurm.run("ctl", "sdiag"))


@pytest.mark.fleet
def test_the_target_is_never_started_by_root(slurm: Cluster) -> None:
    slurm.sh("n1", "mkdir -p /spied/bin && install -m 666 /dev/null /spied/who")
    spy = f'#!/bin/sh\\n{{ id -un; env; }} >> /spied/who\\nexec {TARGET}/bin/python "$@"\\n'
    slurm.sh("n1", f"printf '{spy}' > /spied/bin/python && chmod 755 /spied/bin/python")
    slurm.configure("n1", "options='--python /spied/bin/python'", "environment='LD_LIBRARY_PATH=/a'")
    slurm.health_check("n1")
    seen = slurm.sh("n1", "cat /spied/who").splitlines()
    assert seen[0] == "nobody"
    assert "LD_LIBRARY_PATH=/a" in seen
    assert not [line for line in seen if "SLURM" in line]


@pytest.mark.fleet
@pytest.mark.fleet_slice
def test_gather(slurm: Cluster) -> None:
    slurm.break_node("n2")
    slurm.health_check("n2")
    slurm.sh("n3", "kill $(pidof slurmd)")
    slurm.run("ctl", f"{SCRIPTS}/gather.sh", "/shared/records")
    slurm.hosts["n3"].restart(timeout=1)
    records = _records(slurm.shared / "records")
    assert [records[name].status for name in NODES] == ["report", "report", "unreachable"]
    assert {record.role for record in records.values()} == {"main"}
    assert "srun: error" in records["n3"].message
    told = _fleet(slurm.shared / "records")
    assert {one["host"]: one["causes"] for one in told["hosts"]} == {
        "n1": [], "n2": ["libpython-missing"], "n3": [],
    }  # fmt: skip
    report = records["n2"].report
    assert report and report["facts"]["host"]["user"] != "root"


@pytest.mark.fleet
def test_gather_where_no_report_comes(slurm: Cluster) -> None:
    slurm.configure("ctl", "deadline=8")
    slurm.configure("n1", "doctor=/root/nothing")
    slurm.sh("n2", "mv /usr/bin/python3 /usr/bin/kept3")
    slurm.hosts["n3"].pause()
    try:
        slurm.run("ctl", f"{SCRIPTS}/gather.sh", "/shared/silent")
    finally:
        slurm.hosts["n3"].unpause()
        slurm.sh("n2", "mv /usr/bin/kept3 /usr/bin/python3")
    records = _records(slurm.shared / "silent")
    assert [records[name].status for name in ("n1", "n2")] == ["failed", "no-python"]
    # it depends on whether Slurm knows already that it hangs
    assert records["n3"].status in ("timed-out", "unreachable")
    assert [one["host"] for one in _fleet(slurm.shared / "silent")["silent"]] == list(NODES)


@pytest.mark.fleet
def test_records_of_a_users_own_job(slurm: Cluster) -> None:
    slurm.sh("ctl", "mkdir -m 777 /shared/own")
    slurm.run(
        "ctl", "srun", "--nodes=3", "--ntasks-per-node=1", "--chdir=/", "--output=/shared/own/%N.json",
        f"{SCRIPTS}/record.sh", "mine", "--prefix", TARGET, user="daemon",
    )  # fmt: skip
    records = _records(slurm.shared / "own")
    assert {name: one.status for name, one in records.items()} == dict.fromkeys(NODES, "report")
    assert {record.role for record in records.values()} == {"mine"}


def _records(folder: Path) -> dict[str, HostRecord]:
    found = [msgspec.json.decode(path.read_bytes(), type=HostRecord) for path in folder.glob("*.json")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{one.host}.json" for one in found)
    return {one.host: one for one in found}


def _fleet(folder: Path) -> dict[str, Any]:
    """What `tritondoctor fleet` makes of the records."""
    command = [sys.executable, "-m", "tritondoctor", "fleet", "report", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told
