"""A venv of its own for `tritondoctor fix`, as a user meets it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.remedies.cycle import Doctor
from tests.truth import stock
from tests.truth.place import Place

NAME = "3.10"


@contextmanager
def venv_place() -> Iterator[Place]:
    """A venv of Python 3.10 with PyTriton that serves, in a sandbox with the doctor."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tx-", dir="/tmp"))
    folder.chmod(0o755)

    def doctor() -> str:
        stock.public_doctor(folder / "doctor")
        return f"{folder}/doctor/venv/bin/python"

    try:
        if stock.cached_by_loader(f"libpython{NAME}.so.1.0"):
            pytest.skip(f"this machine's loader knows a libpython {NAME}")
        found = Place(folder / "it", NAME, "0.7.0", doctor)
        _ = found.prefix
        Doctor(found)  # makes its folder for records
        yield found
    except stock.Absent as absent:
        pytest.skip(str(absent))
    finally:
        shutil.rmtree(folder)


def fix(place: Place, *options: str) -> subprocess.CompletedProcess[str]:
    """`tritondoctor fix` without its self-test."""
    doctor = Doctor(place)
    return doctor.run("fix", *doctor.target(), "--no-selftest", *options)
