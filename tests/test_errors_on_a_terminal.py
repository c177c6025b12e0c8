"""Errors on a terminal are broken between words; in a pipe they are one line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

_COMMAND = [sys.executable, "-m", "tritondoctor", "check", "--gpu", "always"]


def _on_a_terminal(columns: int) -> list[str]:
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            _COMMAND, stderr=theirs, stdout=subprocess.DEVNULL, check=False, timeout=60,
            env={**os.environ, "COLUMNS": str(columns)},
        )  # fmt: skip
        return os.read(ours, 4096).decode().splitlines()
    finally:
        os.close(ours)
        os.close(theirs)


def test_between_words() -> None:
    lines = _on_a_terminal(60)
    assert len(lines) > 1 and all(len(line) <= 60 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])
    assert any("`tritondoctor check --help`" in line for line in lines), lines


def test_in_a_pipe() -> None:
    done = subprocess.run(_COMMAND, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
