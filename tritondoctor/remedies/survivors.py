"""Package managers that a fix started and that outlived it: found again, and ended.

The kernel ends the program itself with the doctor (PR_SET_PDEATHSIG), but nothing that this program
has started.  All of these bear the fix's id in their environment.  For those that clear it the record
holds the program's process id and time of start, and the pipe that it and they print to.

Process ids and pipe numbers are used again, so none of these is a proof alone: a process is the fix's
only under the same boot and the same user, and only if it started after the fix did.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple, Optional

import msgspec
import psutil

from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support import proc

MARK = "TRITONDOCTOR_FIX"
_PATIENCE_S = 5.0
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Origin(msgspec.Struct, frozen=True):
    """The doctor that makes a fix: the boot's id, its user, and when it started (see Worker)."""

    boot: str
    uid: int
    started: int


class Worker(msgspec.Struct, frozen=True):
    """A process: its id, when it started, in clock ticks after the boot (proc(5), field 22), and the pipe
    that is its standard output (`pipe:[inode]`).
    """

    pid: int
    started: int
    output: str


class Survivors(NamedTuple):
    """The processes of a fix that are left, and the ids of those that look like it without a proof."""

    own: tuple[psutil.Process, ...]
    doubtful: frozenset[int]


class EndedSurvivors(NamedTuple):
    """Whether any process of a fix was still there, and what the user has to know about others."""

    any: bool
    notes: tuple[str, ...] = ()


def origin() -> Optional[Origin]:
    """This process as the origin of a fix; None where /proc does not say."""
    process = worker_of(os.getpid())
    boot = boot_id()
    return Origin(boot, os.geteuid(), process.started) if process and boot else None


def boot_id() -> str:
    """The id that the kernel chose at this boot (random(4)); "" where it does not say."""
    try:
        with open(_BOOT_ID, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""


def worker_of(pid: int) -> Optional[Worker]:
    """The process of that id; None where it has ended."""
    process = proc.stat(pid)
    return None if process is None else Worker(pid, int(process.start), _output(pid))


def end(mark: str, origin: Optional[Origin], worker: Optional[Worker]) -> EndedSurvivors:
    """End whatever a fix has left running.

    Raises RemedyError where a process of the fix does not end: it may still write.
    """
    if origin is None or origin.boot != boot_id():
        note = (
            "That fix ran before this machine was restarted, or on another machine: no process was ended."
        )
        return EndedSurvivors(False, (note,))
    ended = False
    while True:  # a process that was ended may have started another meanwhile
        survivors = _survivors(mark, origin, worker)
        if not survivors.own:
            return EndedSurvivors(ended, tuple(map(_format_doubt, sorted(survivors.doubtful))))
        _stop(survivors.own)
        ended = True


def _survivors(mark: str, origin: Origin, worker: Optional[Worker]) -> Survivors:
    """Sort all processes by whether the fix started them; `origin` is of this boot."""
    own: list[psutil.Process] = []
    doubtful: set[int] = set()
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            candidate = worker_of(process.pid)
            if candidate is None or not _looks_like_it(process, candidate, mark, worker):
                continue
            if _is_proved(process, candidate, origin, worker):
                own.append(process)
            else:
                doubtful.add(process.pid)
        except (psutil.Error, OSError):
            continue  # it has ended, or is another user's
    return Survivors(tuple(own), frozenset(doubtful))


def _looks_like_it(
    process: psutil.Process, candidate: Worker, mark: str, worker: Optional[Worker]
) -> bool:
    """Whether it bears the mark, has the worker's process id, or prints to the worker's pipe."""
    if worker is not None:
        if (candidate.pid, candidate.started) == (worker.pid, worker.started):
            return True
        if candidate.output != "" and candidate.output == worker.output:
            return True
    return bool(process.environ().get(MARK) == mark)


def _is_proved(
    process: psutil.Process, candidate: Worker, origin: Origin, worker: Optional[Worker]
) -> bool:
    """Whether it is the same user's, and started after the fix and its package manager."""
    uids = process.uids()
    first = origin.started if worker is None else max(origin.started, worker.started)
    return (uids.real, uids.effective) == (origin.uid, origin.uid) and candidate.started >= first


def _format_doubt(pid: int) -> str:
    return (
        f"Process {pid} looks like a part of that fix, but belongs to another user or is older. It was "
        f"not ended. Look at it: ps -fp {pid}"
    )


def _output(pid: int) -> str:
    try:
        target = os.readlink(f"/proc/{pid}/fd/1")
    except OSError:
        return ""
    return target if target.startswith("pipe:") else ""


def _stop(processes: Sequence[psutil.Process]) -> None:
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
        f"The package manager of that fix is still running (process {process.pid}) and cannot be ended. "
        "Nothing was changed. Try again once it has ended."
    )
