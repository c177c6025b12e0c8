"""The scripts for Slurm on a real one: Debian's packages in containers, a real PyTriton on each node."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import msgspec
import pytest

from tests.fleet.slurm import DOCTOR, NODES, ROOT, SCRIPTS, TARGET, Cluster, cluster, eventually
from tests.truth.stock import Absent
from tritondoctor.fleet.record import HostRecord

_MISSING = "tritondoctor: libpython-missing"
_SOURCES = sorted((ROOT / "tritondoctor" / "fleet" / "slurm").glob("*.sh"))


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shellcheck(shell: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "shellcheck"), "-x", "--source-path=SCRIPTDIR", f"--shell={shell}", *map(str, _SOURCES)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def slurm(
    docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    try:
        with cluster(docker_engine, tmp_path_factory.mktemp("slurm")) as up:
            yield up
    except Absent as absent:
        pytest.skip(str(absent))


def test_prolog_drains_and_the_job_runs_elsewhere(slurm: Cluster) -> None:
    slurm.break_node("n1")
    job = slurm.submit(f"{DOCTOR} selftest --prefix {TARGET}")
    eventually(lambda: slurm.state("n1") == ("drained", _MISSING))
    assert slurm.job(job, "JobState") == "PENDING"
    assert int(slurm.job(job, "Priority")) > 0, "held"
    slurm.run("ctl", "scontrol", "update", f"JobId={job}", "StartTime=now")
    eventually(lambda: slurm.job(job, "JobState") == "COMPLETED", 60)
    assert slurm.job(job, "BatchHost") in ("n2", "n3")
    assert slurm.state("n1") == ("drained", _MISSING)


def test_a_healed_node_returns_and_serves(slurm: Cluster) -> None:
    assert slurm.state("n1") == ("drained", _MISSING)
    slurm.heal("n1")
    assert "returned to service" in slurm.health_check("n1")
    eventually(lambda: slurm.state("n1") == ("idle", ""))
    job = slurm.submit(f"{DOCTOR} selftest --prefix {TARGET}", "--nodelist=n1")
    eventually(lambda: slurm.job(job, "JobState") == "COMPLETED", 60)
