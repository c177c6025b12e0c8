"""The one file, built once for a session."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "pyz" / "build.py"


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its path, in a folder that every user may read."""
    folder = tmp_path_factory.mktemp("pyz")
    path = folder / "tritondoctor.pyz"
    built = subprocess.run(
        [sys.executable, str(BUILD), str(path)], capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.skip(f"it cannot be built here: {built.stderr.strip().splitlines()[-1:]}")
    for one in (folder, folder.parent, folder.parent.parent):
        one.chmod(one.stat().st_mode | 0o055)
    return str(path)
