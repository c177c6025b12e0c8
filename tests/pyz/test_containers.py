"""tritondoctor.pyz in real containers of four Debian suites: no network, nothing writable, any user."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docker
import pytest

from tests import engine
from tests.truth.stock import Absent

SUITES = ("bullseye", "bookworm", "trixie", "forky")
CHECK = ["check", "--json"]
#: every system call as usual, but for the file that has no place
WITHOUT_MEMFD = json.dumps(
    {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["memfd_create"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}],
    }
)


def run_in(
    client: docker.DockerClient, suite: str, pyz: str, words: list[str], **more: Any
) -> tuple[int, str, str]:
    """(exit code, output, errors) of the doctor in a container of its own."""
    try:
        image = engine.base(client, suite, ["python3"])
    except Absent as absent:
        pytest.skip(str(absent))
    plain: dict[str, Any] = {
        "network_mode": "none",
        "read_only": True,
        "user": "12345:54321",
        "tmpfs": {"/tmp": "rw,noexec"},
        "labels": {"tritondoctor-test": "pyz"},
    }
    volumes = {str(Path(pyz).parent): {"bind": "/mnt", "mode": "ro"}}
    command = ["python3", "/mnt/tritondoctor.pyz", *words]
    box = client.containers.create(image, command, volumes=volumes, **{**plain, **more})
    try:
        box.start()
        code = int(box.wait(timeout=120)["StatusCode"])
        said = (box.logs(stdout=True, stderr=False), box.logs(stdout=False, stderr=True))
        changed = box.diff() or []
        assert not [one for one in changed if one["Kind"] != 0], changed
        return code, said[0].decode(), said[1].decode()
    finally:
        box.remove(force=True)


@pytest.mark.parametrize("suite", SUITES)
def test_a_container_with_nothing_but_python(
    suite: str, pyz: str, docker_engine: docker.DockerClient
) -> None:
    code, told, errors = run_in(docker_engine, suite, pyz, CHECK)
    report = json.loads(told)
    assert errors == "" and code == 1
    assert report["target"]["kind"] == "system" and report["facts"]["host"]["uid"] == 12345
    assert [one["id"] for one in report["findings"] if one["severity"] == "error"] == ["pytriton-missing"]


def test_without_memory_files_it_finds_another_place(
    pyz: str, docker_engine: docker.DockerClient
) -> None:
    options = {"security_opt": [f"seccomp={WITHOUT_MEMFD}"]}
    code, _, errors = run_in(docker_engine, "bookworm", pyz, CHECK, **options)
    assert code == 3 and "Set TMPDIR to a folder" in errors and "Please report" not in errors
    for place, variables in (
        ({"/tmp": "rw,exec"}, {}),
        ({"/tmp": "rw,noexec", "/run/lock": "rw,exec"}, {"TMPDIR": "/run/lock"}),
    ):
        code, told, errors = run_in(
            docker_engine, "bookworm", pyz, CHECK, tmpfs=place, environment=variables, **options
        )
        assert code == 1 and errors == "" and json.loads(told)["verdict"] == "fail"
