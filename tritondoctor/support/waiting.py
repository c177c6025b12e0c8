"""A line on the terminal while something slow is waited for."""

from __future__ import annotations

import sys
from typing import Optional


class OnTerminal:
    """One line on standard error that tells how long it has taken, and goes away at the end."""

    def __init__(self, what: str, most_s: float) -> None:
        self._what, self._most_s = what, most_s
        self._shown = 0

    def __call__(self, seconds: Optional[float]) -> None:
        """Shows the seconds waited so far; None takes the line away."""
        if seconds is None and not self._shown:
            return
        stream = sys.stderr
        if stream is None or not stream.isatty():
            return
        line = f"{self._what}: {seconds:.0f} s of at most {self._most_s:.0f} s" if seconds else ""
        stream.write("\r" + line.ljust(self._shown) + ("" if line else "\r"))
        stream.flush()
        self._shown = len(line)
