"""explain, diff, check --from and fleet report where logs are pasted: a Python without Linux' parts.

No macOS runs here: what only Linux has is taken out of the standard library before the doctor is
imported, as far as CPython's documentation says "Availability: Linux", and /proc is not there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "reports" / "cases"
WITHOUT_LINUX = Path(__file__).parent / "standins" / "without_linux.py"


def _mac(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-I", str(WITHOUT_LINUX), *words],
        input=given, capture_output=True, text=True, check=False, env={"HOME": "/", "PATH": os.defpath},
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


@pytest.mark.parametrize(
    ("words", "code", "there"),
    [
        (("check", "--from", str(CASES / "two-causes.snapshot")), 1, "2 causes"),
        (("check", "--from", str(CASES / "healthy.snapshot"), "--json"), 0, '"verdict": "ok"'),
        (
            ("check", "--from", str(CASES / "two-causes.snapshot"), "--format", "html"),
            1,
            "<!DOCTYPE html>",
        ),
        (
            ("diff", str(CASES / "healthy.snapshot"), str(CASES / "two-causes.snapshot")),
            1,
            "libpython-missing",
        ),
        (("fleet", "report", str(CASES)), 1, "host"),
        (("explain", "libpython-missing"), 0, "What it means"),
        (("explain", "--list"), 0, "libpython-missing"),
        (("demo", "conda"), 0, "The plan has 2 steps"),
        (("--help",), 0, "Usage"),
    ],
    ids=lambda value: " ".join(map(os.path.basename, value)) if isinstance(value, tuple) else "",
)
def test_on_macos(words: tuple[str, ...], code: int, there: str) -> None:
    done = _mac(*words)
    assert (done.returncode, there in done.stdout) == (code, True), done.stderr + done.stdout


def test_log_on_macos(tmp_path: Path) -> None:
    line = "triton_python_backend_stub: error while loading shared libraries: libpython3.11.so.1.0: "
    line += "cannot open shared object file: No such file or directory\n"
    (tmp_path / "server.log").write_text(line)
    for words, given in (((str(tmp_path / "server.log"),), ""), (("-",), line)):
        done = _mac("explain", *words, given=given)
        assert (done.returncode, "libpython-missing" in done.stdout) == (1, True), done.stderr
