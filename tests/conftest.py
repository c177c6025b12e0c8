"""What all tests share: the interpreters on this machine, and a PyTriton environment."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import docker
import pytest

from tests import engine
from tests.truth import stock
from tests.truth.stock import Absent

ROOT = Path(__file__).parents[1]

MINORS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


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
    try:
        with engine.engine() as client:
            yield client
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def one_file() -> Path:
    """tritondoctor.pyz of the code as it is; skips where its packages cannot be fetched."""
    content = hashlib.sha256()
    for top in ("tritondoctor", "recipes", "pyz"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                content.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())

    def make(folder: Path) -> None:
        folder.mkdir()
        command = [sys.executable, str(ROOT / "pyz" / "build.py"), str(folder / "tritondoctor.pyz")]
        stock.run(command, "tritondoctor.pyz")

    try:
        return stock.kept(f"pyz-{content.hexdigest()[:16]}", make) / "tritondoctor.pyz"
    except Absent as absent:
        pytest.skip(str(absent))
