"""Scenes of machines with cards; skipped with a word where this machine cannot build them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gpu.scene import Scene
from tests.truth.stock import Absent


@pytest.fixture
def scene(environment: str) -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="scene-"))
    folder.chmod(0o755)  # a scene may be looked at as another user
    try:
        yield Scene(folder, environment)
    except Absent as lack:
        pytest.skip(str(lack))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Iterator[None]:
    """What a machine cannot provide skips the test that needs it."""
    try:
        return (yield)
    except Absent as lack:
        pytest.skip(str(lack))
