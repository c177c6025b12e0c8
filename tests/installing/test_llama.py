"""From nothing to text that a model streams, in one command and without a network."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.installing.boxed import Box, box, wheels
from tests.truth import stock

__all__ = ["box"]
pytestmark = pytest.mark.cycle
NAME = "llama-cpu"


@pytest.fixture
def folder(box: Box) -> Path:
    """What `tritondoctor download llama-cpu --venv` leaves."""
    try:
        box.with_python("3.11")
        kept = wheels(NAME)
    except stock.Absent as absent:
        pytest.skip(str(absent))
    made = box.here / "packages"
    made.mkdir()
    stock.link_tree(kept, made / "wheels")
    return made


def test_from_nothing_to_streamed_text(box: Box, folder: Path) -> None:
    done = box.run("install", NAME, "--venv", "--prefix", "env", "--offline", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "text of the language model: 3 times 'The capital of France is Paris.'" in " ".join(
        done.stdout.split()
    )
    told = " ".join(done.stdout.split())
    match = re.search(r"smollm2 on cpu: first piece after (\d+) ms, ([\d.]+) pieces a second", told)
    assert match is not None, done.stdout
    print(match[0])
    share = min(1, (os.cpu_count() or 1) / max(os.getloadavg()[0], 1))  # of a core, where others work
    assert int(match[1]) * share < 5000 and float(match[2]) >= 1 * share
