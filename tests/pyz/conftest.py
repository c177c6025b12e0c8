"""The one file, built once for a session."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "pyz" / "build.py"


@pytest.fixture(scope="session")
def pyz() -> Iterator[str]:
    """Its path, in a folder that every user may read (pytest's own are the user's alone)."""
    with tempfile.TemporaryDirectory(prefix="td-pyz-") as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "tritondoctor.pyz")
        built = subprocess.run(
            [sys.executable, str(BUILD), path], capture_output=True, text=True, check=False
        )
        if built.returncode:
            pytest.skip(f"it cannot be built here: {built.stderr.strip().splitlines()[-1:]}")
        yield path
