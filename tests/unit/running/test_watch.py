"""The view of `attach --watch`."""

from __future__ import annotations

from collections import deque

from rich.console import Console

from tests.unit.running.build import SERVER, processes, recording, still
from tritondoctor.reports.attach_watch import picture, sparkline
from tritondoctor.running.figures import figures
from tritondoctor.running.stall import stalls


def test_sparks() -> None:
    assert sparkline([0, 1, 2, None, 8]) == "▁▂▃ █"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([None]) == " "
    assert sparkline([]) == ""


def _drawn(**changes: object) -> str:
    seen = recording(**changes)  # type: ignore[arg-type]
    history = {"Linear": deque(figures(seen) * 3)}
    console = Console(width=80, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(picture(SERVER, history, seen.looks[-1], stalls(seen.looks)))
    return captured.get()


def test_what_is_drawn() -> None:
    text = _drawn()
    for piece in ("process 100", "Linear", "requests/s", "100.0", "rows/call", "2.0", "queue ms", "███"):
        assert piece in text, text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_call_that_runs_long() -> None:
    text = _drawn(counters=still(pending=2), seen=lambda at_s: processes(at_s, in_call=True))
    assert "a call of Linear has run for 3 s" in text
