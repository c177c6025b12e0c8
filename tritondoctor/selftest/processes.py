"""The processes of one self-test: told from all others by a mark in their environment.

PyTriton hands its environment on to tritonserver, and that to the stub and the stub's children, so one
variable with a random value finds them all, whoever their parent is by now.  Standard library only.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import time
from collections.abc import Container, Iterator

from tritondoctor.support import killing, proc

MARK = "TRITONDOCTOR_SELFTEST"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


def table() -> Iterator[proc.ProcessStat]:
    """Yield every visible process."""
    for pid in proc.pids():
        process = proc.stat(pid)
        if process is not None:
            yield process


def marked(mark: str) -> list[int]:
    """Return the living processes that carry the mark."""
    return [pid for pid in proc.pids() if _is_marked(pid, mark)]


def _is_marked(pid: int, mark: str) -> bool:
    return f"{MARK}={mark}".encode() in proc.read(pid, "environ").split(b"\0")


def ended_children(mark: str) -> list[str]:
    """Names of children of marked processes that have ended and that nobody has asked after."""
    ours = set(marked(mark))
    return [process.name for process in table() if process.state == "Z" and process.parent in ours]


def mapped(pids: list[int], folder: str) -> set[str]:
    """Return the files of a folder that the processes have mapped."""
    found = set()
    for pid in pids:
        for line in os.fsdecode(proc.read(pid, "maps")).split("\n"):
            path = "/" + line.partition("/")[2]
            if path != "/" and os.path.dirname(path) == folder:
                found.add(path)
    return found


def end(mark: str, spare: Container[int], within: float = 10.0) -> bool:
    """Kills every marked process but those spared; False where some live on after the time."""
    deadline = time.monotonic() + within
    while True:
        found = [pid for pid in marked(mark) if pid not in spare]
        for pid in found:
            try:
                killing.kill(pid, functools.partial(_is_marked, pid, mark))
            except OSError:
                pass
        reap()
        if not found or time.monotonic() > deadline:
            return not found
        time.sleep(0.02)


def reap() -> bool:
    """Buries our own children that have ended; whether children are left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def adopt_orphans() -> None:
    """Makes orphaned descendants ours to bury."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Has the kernel kill this process when the thread that started it ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
