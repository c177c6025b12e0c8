"""A run sums up what it skipped; in CI only some reasons may skip a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.skipping import allowed

ROOT = Path(__file__).parents[2]
_CONFTEST = """
from tests.skipping import register
def pytest_configure(config): register(config)
"""
_TEST = """
import pytest
def test_serves(): pass
@pytest.mark.parametrize("n", range(2))
def test_skipped(n): pytest.skip("{reason}")
"""


@pytest.mark.parametrize(
    ("reason", "strict", "ends_with"),
    [
        ("bubblewrap (bwrap) is not installed", "1", 1),
        ("bubblewrap (bwrap) is not installed", "", 0),
        ("there is no Python 3.14 here", "1", 0),
    ],
)
def test_skipped_tests_are_summed_up(reason: str, strict: str, ends_with: int, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    (tmp_path / "test_it.py").write_text(_TEST.format(reason=reason))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=ROOT, env={"TRITONDOCTOR_TEST_ALL": strict, "PATH": "/usr/bin:/bin",
                       "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == ends_with, run.stdout
    assert "not tested here: 2" in run.stdout
    assert f"    2  {'ERROR' if ends_with else reason[:5]}" in run.stdout


@pytest.mark.parametrize(
    "reason", ["npm is not installed", "no Chromium is installed", "mmdebstrap is not installed", "fish"]
)
def test_missing_tool_is_no_reason_in_ci(reason: str) -> None:
    assert not allowed(reason)
