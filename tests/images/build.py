"""Images of docker/, built by the engine's own command line over wheels: nothing is pulled or fetched."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import docker

from tests import engine
from tests.truth import stock

ROOT = Path(__file__).parents[2]
BUILDERS = {"classic": "0", "buildkit": "1"}
_SUITE, _PYTHON = "bookworm", "3.11"
_DEADLINE_S = 900


def base(client: docker.DockerClient, *packages: str) -> str:
    """A base image: a Debian with a Python that can make environments, and more packages."""
    return engine.base(client, _SUITE, ["python3-venv", *packages])


def context(folder: Path, pyz: str) -> Path:
    """A folder with the doctor's one file, and all the wheels of PyTriton."""
    folder.mkdir()
    stock.link_tree(_wheels(), folder / "wheels")
    shutil.copy(pyz, folder / "tritondoctor.pyz")
    return folder


def _wheels() -> Path:
    machine = platform.machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(5, 37)] + [f"manylinux2014_{machine}"]

    def make(folder: Path) -> None:
        stock.run(
            [
                sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder),
                "--only-binary=:all:", f"--python-version={_PYTHON}", "--implementation=cp",
                *(f"--platform={tag}" for tag in tags), "nvidia-pytriton==0.7.0",
            ],
            f"wheels for Python {_PYTHON}",
        )  # fmt: skip

    return stock.kept(f"images-{_PYTHON}-wheels", make)


def build(
    client: docker.DockerClient,
    name: str,
    tag: str,
    context: Path,
    *,
    builder: str = "classic",
    target: str = "",
    **arguments: str,
) -> subprocess.CompletedProcess[str]:
    """What `docker build` with docker/NAME.Dockerfile says.

    Raises `Absent` where the command is not here, or knows no such builder.
    """
    # Debian's knows both builders; a client that needs a plug-in for one of them may stand before it
    program = shutil.which("docker", path=f"/usr/bin:{os.environ.get('PATH', '')}")
    if program is None:
        raise stock.Absent("there is no docker command here")
    done = subprocess.run(
        [
            program, "build", "--file", str(ROOT / "docker" / f"{name}.Dockerfile"), "--tag", tag,
            *(f"--build-arg={key}={value}" for key, value in arguments.items()),
            f"--target={target}", str(context),
        ],
        env={**os.environ, "DOCKER_HOST": address(client), "DOCKER_BUILDKIT": BUILDERS[builder]},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_DEADLINE_S, check=False,
    )  # fmt: skip
    if done.returncode and "buildx" in done.stdout:
        raise stock.Absent("this docker command has no BuildKit")
    return done


def address(client: docker.DockerClient) -> str:
    """Where the engine of a client listens, as DOCKER_HOST says it."""
    adapter = client.api.get_adapter(client.api.base_url)
    path = getattr(adapter, "socket_path", None)
    return f"unix://{path}" if path else str(client.api.base_url)
