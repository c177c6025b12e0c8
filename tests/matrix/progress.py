"""How far a run is: a bar on a terminal, plain lines where it is piped."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Optional

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from tests.matrix.model import Cell
from tests.matrix.result import Result

MARKS = {
    "passed": ("[ok]", "green"),
    "failed": ("[x]", "bold red"),
    "broken": ("[!]", "red"),
    "not run": ("[-]", "dim"),
}


class Progress:
    """Hears of cells that begin and end, from any thread."""

    def __init__(self, total: int) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._running: list[str] = []
        self.kept = 0
        self._bar = Bar(
            BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"),
            console=self.console, disable=not self.console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:  # fmt: skip
        self._bar.stop()

    def began(self, cell: Cell) -> None:
        """A cell is being built."""
        with self._lock:
            self._running.append(cell.id)
            self._bar.update(self._task, description=", ".join(self._running)[:60])

    def done(self, result: Result, kept: bool) -> None:
        """A cell has ended, or had ended in an earlier run."""
        mark, style = MARKS[result.status]
        seconds = "kept" if kept else f"{sum(result.seconds.values()):.0f} s"
        with self._lock:
            self.kept += kept
            if result.id in self._running:
                self._running.remove(result.id)
            self._bar.update(self._task, advance=1, description=", ".join(self._running)[:60])
            self.console.print(f"{mark:5}{result.id}  ({seconds})", style=style, markup=False)
            for why in result.why:
                self.console.print(f"       {why}", style=style, markup=False)
