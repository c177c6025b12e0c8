"""Temporary folders: whatever ends a program or the doctor, nothing stays that no next one knows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tritondoctor.installing.steps import follow
from tritondoctor.remedies import command
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support import staging
from tritondoctor.support.signals import Interrupted

UNPACKS = (
    'mkdir -p "$TMPDIR/pip-unpack-x/deep"; echo much >"$TMPDIR/pip-unpack-x/deep/wheel"; echo "$TMPDIR"; '
)
#: a doctor that waits for such a program
KILLED = f"""
import functools, os
say = functools.partial(print, flush=True)
from tritondoctor.installing.steps import follow
follow(["/bin/sh", "-c", {UNPACKS + "sleep 60"!r}], os.environ, "pip", say)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_an_interrupted_program_leaves_nothing(place: Path) -> None:
    """pip and ensurepip left what they had unpacked, each time."""

    def interrupt(_line: str) -> None:
        raise Interrupted(15)

    with pytest.raises(Interrupted):
        follow(["/bin/sh", "-c", f"{UNPACKS} sleep 60"], os.environ, "pip", interrupt)
    assert not os.listdir(place)


def test_a_program_that_hangs_leaves_nothing(place: Path) -> None:
    with pytest.raises(RemedyError, match="did not end"):
        command.output_of(["/bin/sh", "-c", f"{UNPACKS} sleep 60"], os.environ, "pip", 0.5)
    assert not os.listdir(place)


def test_a_killed_doctors_is_known_once_its_program_has_ended(place: Path) -> None:
    """That goes on: pip completes what it has begun."""
    doctor = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    assert doctor.stdout is not None
    folder = os.path.dirname(doctor.stdout.readline().strip())
    program = next(
        int(pid) for pid in os.listdir("/proc")
        if pid.isdigit() and f"TMPDIR={folder}/files\0".encode() in _environment(pid)
    )  # fmt: skip
    doctor.kill()
    doctor.wait()
    doctor.stdout.close()
    try:
        assert os.listdir(place) == [os.path.basename(folder)] and not staging.abandoned()
    finally:
        os.killpg(os.getpgid(program), signal.SIGKILL)
    until = time.monotonic() + 10
    while not staging.abandoned() and time.monotonic() < until:
        time.sleep(0.02)
    assert staging.abandoned() == [folder]


def _environment(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
