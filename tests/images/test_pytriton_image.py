"""docker/pytriton.Dockerfile: built on a Debian, started as a user would, asked from the host."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from tests.images import build
from tests.truth.stock import Absent

CLIENT = build.ROOT / "tritondoctor" / "data" / "starter" / "client.py"
SERVE = ["sh", "-c", "tritondoctor init linear && exec python linear/server.py"]
_DEADLINE_S = 300.0


@contextmanager
def _running(
    client: docker.DockerClient, image: str, command: list[str], **options: Any
) -> Iterator[Container]:
    container = client.containers.run(image, command, detach=True, network_mode="bridge", **options)
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


def _ended(container: Container) -> tuple[int, str]:
    code = container.wait(timeout=_DEADLINE_S)["StatusCode"]
    return code, container.logs().decode()


def _healthy(container: Container) -> None:
    end = time.monotonic() + _DEADLINE_S
    while time.monotonic() < end:
        container.reload()
        if container.attrs["State"].get("Health", {}).get("Status") == "healthy":
            return
        time.sleep(0.5)
    raise AssertionError(container.logs().decode() + str(container.attrs["State"]))


def test_linear_is_asked_from_the_host(
    docker_engine: docker.DockerClient, pytriton_image: str, environment: str
) -> None:
    ports: dict[str, Any] = {f"{port}/tcp": ("127.0.0.1", None) for port in (8000, 8001)}
    with _running(docker_engine, pytriton_image, SERVE, ports=ports) as container:
        _healthy(container)
        published = {name: found[0]["HostPort"] for name, found in container.ports.items() if found}
        for address in (
            f"http://127.0.0.1:{published['8000/tcp']}",
            f"grpc://127.0.0.1:{published['8001/tcp']}",
        ):
            done = subprocess.run(
                [f"{environment}/bin/python", str(CLIENT), address],
                capture_output=True, text=True, timeout=_DEADLINE_S, check=False,
            )  # fmt: skip
            assert done.stdout.splitlines()[-1:] == ["right"], done.stdout + done.stderr
        _, status = container.exec_run(["grep", "^Uid:", "/proc/1/status"])
        assert status == b"Uid:\t1000\t1000\t1000\t1000\n"


def test_any_user_on_a_read_only_root(docker_engine: docker.DockerClient, pytriton_image: str) -> None:
    options: dict[str, Any] = {
        "user": "12345:0", "read_only": True, "tmpfs": {"/tmp": "exec"}, "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
    }  # fmt: skip
    with _running(docker_engine, pytriton_image, [], **options) as container:
        code, said = _ended(container)
    assert code == 0, said
    assert "PyTriton serves Linear here" in said


def test_what_would_not_serve_is_not_started(
    docker_engine: docker.DockerClient, pytriton_image: str
) -> None:
    # a tmpfs of Docker's runs no programs
    options: dict[str, Any] = {"read_only": True, "tmpfs": {"/tmp": ""}}
    with _running(docker_engine, pytriton_image, ["echo", "It serves"], **options) as container:
        code, said = _ended(container)
    assert code == 1
    assert "(workspace-noexec)" in said
    assert "It serves" not in said


def test_no_image_is_made_of_a_broken_environment(
    docker_engine: docker.DockerClient, context: Path
) -> None:
    tag = "tritondoctor-test/broken"
    base = build.base(docker_engine)  # without libpython
    done = build.build(docker_engine, "pytriton", tag, context, BASE=base, PIP_NO_INDEX="1")
    assert done.returncode != 0
    assert "(libpython-missing)" in done.stdout
    assert not docker_engine.images.list(tag)


def test_buildkit_makes_it_too(
    docker_engine: docker.DockerClient, context: Path, pytriton_image: str
) -> None:
    base = build.base(docker_engine, "libpython3.11")
    tag = f"{pytriton_image}:buildkit"
    try:
        done = build.build(
            docker_engine, "pytriton", tag, context, builder="buildkit", BASE=base, PIP_NO_INDEX="1"
        )
    except Absent as absent:
        pytest.skip(str(absent))
    assert done.returncode == 0, done.stdout
