"""One run of a fuzzer: how many inputs, the longest time, the largest memory, what was raised."""

from __future__ import annotations

import hashlib
import resource
import time
import traceback
from collections.abc import Callable
from pathlib import Path

LONGEST_S, LARGEST_MB = 2.0, 300
_FOUND = Path("build/fuzz")


class Run:
    """Tries inputs; those that fail are kept below build/fuzz/, each kind of failure once."""

    def __init__(self, name: str, parse: Callable[[bytes], None]) -> None:
        self.name, self._parse = name, parse
        self.inputs, self.longest = 0, 0.0
        self.failures: dict[str, str] = {}
        self._began = time.monotonic()

    def try_one(self, content: bytes) -> None:
        """Parses an input; notes what it raised, and how long it took."""
        took = self._timed(content)
        if took > LONGEST_S:  # a virtual machine that stalls is charged for it: once more tells
            took = min(took, self._timed(content))
        if took > LONGEST_S:
            self._note("slow", content)
        self.longest = max(self.longest, took)
        self.inputs += 1
        if self.inputs % 100 == 0:
            self._keep()

    def _timed(self, content: bytes) -> float:
        """Parses an input, notes what it raised, and returns the seconds of processor time."""
        began = time.process_time()
        try:
            self._parse(content)
        except Exception as failure:
            place = traceback.extract_tb(failure.__traceback__)[-1]
            self._note(f"{type(failure).__name__} at {Path(place.filename).name}:{place.lineno}", content)
        return time.process_time() - began

    def _note(self, what: str, content: bytes) -> None:
        if what not in self.failures:
            path = _FOUND / self.name / hashlib.sha256(content).hexdigest()[:16]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.failures[what] = str(path)

    def _keep(self) -> None:
        path = _FOUND / f"{self.name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.line())

    def kept(self) -> str:
        """The result as a process left it that ended without telling."""
        return (_FOUND / f"{self.name}.txt").read_text()

    def memory_mb(self) -> int:
        """The most that this process had."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

    def code(self) -> int:
        """1 where something failed."""
        return int(bool(self.failures) or self.memory_mb() > LARGEST_MB)

    def line(self) -> str:
        """The result: `record: 12,000 inputs, 30 s, longest 0.02 s, 60 MB, 0 failures`."""
        seconds = time.monotonic() - self._began
        found = "; ".join(f"{what} ({path})" for what, path in self.failures.items())
        return (
            f"{self.name}: {self.inputs:,} inputs, {seconds:.0f} s, longest {self.longest:.2f} s, "
            f"{self.memory_mb()} MB, {len(self.failures)} failures{': ' if found else ''}{found}"
        )
