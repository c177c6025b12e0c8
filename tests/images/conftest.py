"""The images of docker/, each built once for all tests."""

from __future__ import annotations

import io
import os
from pathlib import Path

import docker
import pytest

from tests.images import build
from tests.truth.stock import Absent

PYTRITON = "tritondoctor-test/pytriton"
DOCTOR = "tritondoctor-test/tritondoctor"
BROKEN = "tritondoctor-test/without-libpython"


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory, pyz: str) -> Path:
    """A build context with all wheels."""
    try:
        return build.context(tmp_path_factory.mktemp("context") / "dist", pyz)
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


@pytest.fixture(scope="session")
def doctor_image(
    docker_engine: docker.DockerClient, context: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The tag of docker/tritondoctor.Dockerfile on a Debian."""
    try:
        base = build.base(docker_engine)
        alone = tmp_path_factory.mktemp("doctor")
        os.link(context / "tritondoctor.pyz", alone / "tritondoctor.pyz")
        done = build.build(docker_engine, "tritondoctor", DOCTOR, alone, BASE=base)
    except Absent as absent:
        pytest.skip(str(absent))
    assert done.returncode == 0, done.stdout
    return DOCTOR


@pytest.fixture(scope="session")
def broken_image(docker_engine: docker.DockerClient, context: Path) -> str:
    """An image with PyTriton and without the doctor, in which the stub finds no libpython."""
    try:
        base = build.base(docker_engine)
        done = build.build(
            docker_engine, "pytriton", BROKEN, context, target="build", BASE=base, PIP_NO_INDEX="1"
        )
    except Absent as absent:
        pytest.skip(str(absent))
    assert done.returncode == 0, done.stdout
    active = f"FROM {BROKEN}\nENV PATH=/opt/pytriton/bin:$PATH\nUSER 1000\n".encode()
    image, _ = docker_engine.images.build(fileobj=io.BytesIO(active), tag=f"{BROKEN}:active")
    return str(image.id)
