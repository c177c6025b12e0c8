"""Whether the processes of a start still move: processor time, bytes, processes that come and go."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple, Optional

from tritondoctor.support import proc

_TICKS = os.sysconf("SC_CLK_TCK")
#: how long two looks are apart that are compared
_WINDOW_S = 2.0
#: the part of a core, and the bytes, that PyTriton and an idle server use while they wait for each other
_IDLE_CORES, _IDLE_BYTES = 0.05, 64 << 10


class Work(NamedTuple):
    """What processes have done so far: seconds of processor time, bytes moved."""

    pids: frozenset[int]
    seconds: float
    moved_bytes: int


class Movement:
    """Compares looks at the processes that `pids` lists; `last` is when they last moved."""

    def __init__(self, pids: Callable[[], Sequence[int]], now: float) -> None:
        self._pids = pids
        self._before: Optional[tuple[float, Work]] = None
        self.last = now

    def look(self, now: float) -> None:
        """Looks at them, at the time `now`."""
        work = _work(self._pids())
        if self._before is None:
            self._before = now, work
            return
        began, before = self._before
        elapsed = now - began
        moves = (
            work.pids != before.pids
            or work.seconds - before.seconds > _IDLE_CORES * max(elapsed, _WINDOW_S)
            or work.moved_bytes - before.moved_bytes > _IDLE_BYTES
        )
        if moves:
            self.last = now
        if moves or elapsed >= _WINDOW_S:
            self._before = now, work


def _work(pids: Sequence[int]) -> Work:
    rows = [row for pid in pids if (row := proc.stat(pid)) is not None]
    seconds = sum(row.ticks for row in rows) / _TICKS
    return Work(frozenset(pids), seconds, sum(_bytes(row.pid) for row in rows))


def _bytes(pid: int) -> int:
    """Bytes read and written by system calls, whatever they went to (proc(5), /proc/<pid>/io)."""
    rows = (line.split() for line in proc.read(pid, "io").splitlines())
    return sum(int(row[1]) for row in rows if row[:1] in ([b"rchar:"], [b"wchar:"]))
