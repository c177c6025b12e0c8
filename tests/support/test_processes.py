"""Children that are read within a deadline."""

from __future__ import annotations

import os
import time

import pytest

from tritondoctor.support import processes


@pytest.mark.parametrize(
    "command", ["exec sleep 30", "exec >&- 2>&-; sleep 30", "echo ready; exec sleep 30"]
)
def test_a_clock_that_stands_still_ends_no_less(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a preloaded library that gives the same time for ever has it."""
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    child = processes.Child(["sh", "-c", command], dict(os.environ))
    outcome = child.outcome(1.0, complete=lambda out: b"ready" in out)
    monkeypatch.undo()
    assert outcome.stopped in ("deadline", "complete") and time.monotonic() - began < 20
