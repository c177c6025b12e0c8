"""The images of docker/, each built once for all tests."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest

from tests.images import build
from tests.truth.stock import Absent

PYTRITON = "tritondoctor-test/pytriton"


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build context with all wheels."""
    try:
        return build.context(tmp_path_factory.mktemp("context") / "dist")
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def pytriton_image(docker_engine: docker.DockerClient, context: Path) -> str:
    """The tag of docker/pytriton.Dockerfile on a Debian."""
    try:
        base = build.base(docker_engine, "libpython3.11")
        done = build.build(
            docker_engine, "pytriton", PYTRITON, context, BASE=base, PIP_NO_INDEX="1"
        )  # fmt: skip
    except Absent as absent:
        pytest.skip(str(absent))
    assert done.returncode == 0, done.stdout
    return PYTRITON
