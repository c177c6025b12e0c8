"""The processes of a self-test, recognised by a mark in their environment.

PyTriton hands its environment on to tritonserver, and that to the stub and the stub's children, so a
variable with a random value finds them all, whatever their parent is now.  Standard library only.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import time
from collections.abc import Container, Iterator
from typing import NamedTuple, Optional

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


class EndedChild(NamedTuple):
    """A process that has ended and was not waited for; `status`: negative for a signal, None: hidden."""

    name: str
    status: Optional[int]


def ended_children(mark: str) -> list[EndedChild]:
    """Return the children of marked processes that have ended and were not waited for."""
    ours = set(marked(mark))
    ended = [process for process in table() if process.state == "Z" and process.parent in ours]
    return [EndedChild(process.name, _status(process.pid)) for process in ended]


def _status(pid: int) -> Optional[int]:
    """The last field of /proc/<pid>/stat (proc(5)): as of wait(2), and 0 too where it is not shown."""
    status = proc.read(pid, "stat").split()[-1:]
    if not status or not status[0].isdigit():
        return None
    return os.waitstatus_to_exitcode(int(status[0])) or None


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
    """Kill every marked process but those in `spare`; False if some live on after `within` seconds."""
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
    """Wait for our children that have ended; return whether others are left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
