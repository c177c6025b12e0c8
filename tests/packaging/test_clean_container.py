"""The wheel in a container that has Python and nothing of ours: one line shows a broken machine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import ContainerError

from tests import engine

#: as tests/images has it, so that it is made once
_PACKAGES = ("python3-venv",)
_UVX = "uvx --from ./dist/*.whl tritondoctor"


@pytest.fixture(scope="module")
def folder(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the container gets: the wheel in `dist`, what it requires in `wheels`, uv in `bin`."""
    folder = tmp_path_factory.mktemp("clean")
    [wheel] = distributions.glob("*.whl")
    (folder / "dist").mkdir()
    (folder / "dist" / wheel.name).write_bytes(wheel.read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--python-version",
         "3.11", "--dest", str(folder / "wheels"), str(wheel)],
        check=True, timeout=300,
    )  # fmt: skip
    (folder / "bin").mkdir()
    for name in ("uv", "uvx"):
        copy = folder / "bin" / name
        copy.write_bytes((Path(sys.executable).parent / name).read_bytes())
        copy.chmod(0o755)
    return folder


class Clean:
    """A container of Debian with Python, without a network."""

    def __init__(self, client: docker.DockerClient, image: str, folder: Path) -> None:
        self.client, self.image, self.folder = client, image, folder

    def run(self, line: str) -> tuple[int, str]:
        """The exit code of a line of shell, and what it printed."""
        variables = {
            "PATH": "/clean/bin:/usr/bin:/bin", "UV_FIND_LINKS": "/clean/wheels", "UV_NO_INDEX": "1",
            "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never", "COLUMNS": "80",
        }  # fmt: skip
        try:
            out = self.client.containers.run(
                self.image, ["sh", "-c", line], remove=True, network_mode="none", working_dir="/clean",
                volumes={str(self.folder): {"bind": "/clean", "mode": "ro"}}, environment=variables,
                stderr=True,
            )  # fmt: skip
        except ContainerError as failure:
            return failure.exit_status, str(failure.stderr)
        return 0, out.decode()


@pytest.fixture(scope="module")
def clean(docker_engine: docker.DockerClient, folder: Path) -> Iterator[Clean]:
    yield Clean(docker_engine, engine.base(docker_engine, "bookworm", _PACKAGES), folder)


def test_demo_lists_its_scenes_and_shows_each(clean: Clean) -> None:
    code, listed = clean.run(f"{_UVX} demo")
    assert code == 0, listed
    scenes = re.findall(r"^  ([a-z][a-z-]+)  ", listed, re.MULTILINE)
    assert len(scenes) == 6, listed
    code, shown = clean.run(" && ".join(f"{_UVX} demo {scene}" for scene in scenes))
    assert code == 0, shown
    assert shown.count("On your own machine:") == 6 and "Traceback" not in shown, shown
