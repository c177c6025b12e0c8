"""docker/tritondoctor.Dockerfile, by the very commands of docker/README.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.images import build

README = (build.ROOT / "docker" / "README.md").read_text()
LOG = build.ROOT / "tests" / "logs" / "real" / "libpython-on-no-path_3.10.log"
CONTAINER = "tritondoctor-test-patient"
_DEADLINE_S = 180.0


class Shell:
    """Runs commands of the page, with the names that the test's engine has for what they name."""

    def __init__(self, client: docker.DockerClient, doctor: str, cwd: Path) -> None:
        self._names = {
            r"my-container": CONTAINER,
            r"(--name|from|--volumes) doctor\b": rf"\1 {CONTAINER}-doctor",
            r" tritondoctor(?=\s)": f" {doctor}",
        }
        self._variables = {**os.environ, "DOCKER_HOST": build.address(client), "COLUMNS": "80"}
        self._cwd = cwd

    def run(self, word: str, image: str = "") -> tuple[int, str]:
        """Exit code and output of the page's block that holds a word, with `image` for my-image."""
        blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
        (block,) = [block for block in blocks if word in block]
        for name, ours in {**self._names, "my-image": image}.items():
            block = re.sub(name, ours, block)
        return self._ran(["bash", "-c", block])

    def host(self, *words: str, given: str = "") -> tuple[int, str]:
        """The same of the doctor on this machine."""
        return self._ran([sys.executable, "-m", "tritondoctor", *words], given)

    def _ran(self, command: list[str], given: str = "") -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=self._cwd, env=self._variables, input=given, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=_DEADLINE_S, check=False,
        )  # fmt: skip
        return done.returncode, re.sub(r"\(\d+\.\d+ s", "(0.00 s", done.stdout)


@pytest.fixture
def shell(docker_engine: docker.DockerClient, doctor_image: str, tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder; the containers that its commands name are removed at the end."""
    yield Shell(docker_engine, doctor_image, tmp_path)
    for one in docker_engine.containers.list(all=True, filters={"name": CONTAINER}):
        one.remove(force=True, v=True)


def test_a_log(docker_engine: docker.DockerClient, shell: Shell, broken_image: str) -> None:
    mounted = {str(LOG): {"bind": "/log", "mode": "ro"}}
    docker_engine.containers.run(broken_image, "/log", entrypoint="cat", name=CONTAINER, volumes=mounted)
    code, said = shell.run("explain -")
    assert code == 1
    assert (code, said) == shell.host("explain", "-", given=LOG.read_text())


def test_a_snapshot(shell: Shell, environment: str) -> None:
    assert shell.host("snapshot", "patient.snapshot", "--prefix", environment)[0] == 0
    assert shell.run("check --from") == shell.host("check", "--from", "patient.snapshot")


def test_an_image(shell: Shell, broken_image: str, pytriton_image: str) -> None:
    assert "(libpython-missing)" in shell.run("--volumes-from", broken_image)[1]
    assert "PyTriton will start and answer here" in shell.run("--volumes-from", pytriton_image)[1]


def test_a_container(docker_engine: docker.DockerClient, shell: Shell, broken_image: str) -> None:
    docker_engine.containers.run(broken_image, ["sleep", "600"], name=CONTAINER, detach=True)
    code, said = shell.run("docker exec")
    assert code == 1
    assert "(libpython-missing)" in said
