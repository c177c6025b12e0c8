"""Package managers that a fix started and that outlived it: found again, and ended.

The kernel ends the program itself with the doctor (PR_SET_PDEATHSIG), but nothing that this program
has started.  All of these bear the fix's id in their environment.  For those that clear it the record
holds the program's process id and time of start, and the pipe that it and they print to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Optional

import msgspec
import psutil

from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support import proc

MARK = "TRITONDOCTOR_FIX"
_PATIENCE_S = 5.0


class Worker(msgspec.Struct, frozen=True):
    """A process: its id, when it started, in clock ticks after the boot (proc(5), field 22), and the pipe
    that is its standard output (`pipe:[inode]`).
    """

    pid: int
    started: int
    output: str


def worker_of(pid: int) -> Optional[Worker]:
    """The process of that id; None where it has ended."""
    process = proc.stat(pid)
    return None if process is None else Worker(pid, int(process.start), _output(pid))


def end(mark: str, worker: Optional[Worker]) -> int:
    """Ends whatever a fix has left running; how many there were.

    Raises RemedyError where one does not end: it may still write.
    """
    ended = 0
    while True:  # one of them may have started another meanwhile
        found = list(_left(mark, worker))
        if not found:
            return ended
        ended += len(found)
        _stop(found)


def _left(mark: str, worker: Optional[Worker]) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(MARK) == mark or (worker is not None and _of(worker, process.pid)):
                yield process
        except (psutil.Error, OSError):
            continue  # it has ended, or is another user's


def _of(worker: Worker, pid: int) -> bool:
    """Whether it is the worker, or prints to the worker's pipe."""
    there = worker_of(pid)
    if there is None:
        return False
    itself = (there.pid, there.started) == (worker.pid, worker.started)
    return itself or (there.output != "" and there.output == worker.output)


def _output(pid: int) -> str:
    try:
        target = os.readlink(f"/proc/{pid}/fd/1")
    except OSError:
        return ""
    return target if target.startswith("pipe:") else ""


def _stop(processes: list[psutil.Process]) -> None:
    for signal_of in (psutil.Process.terminate, psutil.Process.kill):
        for process in processes:
            try:
                signal_of(process)
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied as denied:
                raise _alive(process) from denied
        _, processes = psutil.wait_procs(processes, timeout=_PATIENCE_S)
        processes = [process for process in processes if _runs(process)]
    if processes:
        raise _alive(processes[0])


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _alive(process: psutil.Process) -> RemedyError:
    return RemedyError(
        f"The package manager of that fix is still at work (process {process.pid}) and cannot be ended. "
        "Nothing was changed. Try again once it has ended."
    )
