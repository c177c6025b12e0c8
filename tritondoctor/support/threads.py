"""What the threads of a process do: proc(5), /proc/<pid>/task.  Read only; standard library only.

A thread's wait is seen in two ways, either of which a machine may withhold: `wchan`, a function of the
kernel, and the system call with its arguments (`syscall`, for the process's own user or a tracer alone).
"""

from __future__ import annotations

import os
from typing import NamedTuple, Optional

from tritondoctor.support import proc


class SystemCall(NamedTuple):
    """A system call that a thread is in: its number on this machine, and its first argument."""

    number: int
    first: int


class Thread(NamedTuple):
    """A thread: state as in proc(5) (R runs, S and D wait, Z has ended), processor time in clock ticks.

    `waits_in` is the kernel's function (wchan), "" where it runs or where the kernel does not say;
    `call` is None where it runs or where this user may not see it.  `wanted_ns` is the time that it ran
    or was ready to run (schedstat): a thread that computes on a busy machine, too; None where it is not
    kept.
    """

    tid: int
    name: str
    state: str
    ticks: int
    waits_in: str = ""
    call: Optional[SystemCall] = None
    wanted_ns: Optional[int] = None


def threads(pid: int) -> list[Thread]:
    """Return the threads of a process, the oldest first; none where it is gone."""
    try:
        tids = sorted(int(name) for name in os.listdir(f"/proc/{pid}/task") if name.isdigit())
    except OSError:
        return []
    return [thread for tid in tids if (thread := _thread(pid, tid)) is not None]


def descriptors(pid: int) -> dict[int, str]:
    """Return what a process has open: descriptor -> path, `socket:[…]`, `pipe:[…]`, `anon_inode:…`."""
    folder = f"/proc/{pid}/fd"
    targets = {}
    try:
        for name in os.listdir(folder):
            targets[int(name)] = _target(f"{folder}/{name}")
    except (OSError, ValueError):
        pass
    return targets


def _thread(pid: int, tid: int) -> Optional[Thread]:
    head, _, tail = os.fsdecode(proc.read(pid, f"task/{tid}/stat")).rpartition(")")
    fields = tail.split()
    if len(fields) < 13:
        return None
    wchan = os.fsdecode(proc.read(pid, f"task/{tid}/wchan"))
    return Thread(
        tid,
        head.partition("(")[2],
        fields[0],
        int(fields[11]) + int(fields[12]),  # utime and stime
        "" if wchan == "0" else wchan,
        _call(proc.read(pid, f"task/{tid}/syscall")),
        _wanted(proc.read(pid, f"task/{tid}/schedstat")),
    )


def _wanted(text: bytes) -> Optional[int]:
    """Time on a processor, time in its queue, both in ns (Documentation/scheduler/sched-stats)."""
    numbers = text.split()
    return int(numbers[0]) + int(numbers[1]) if len(numbers) == 3 else None


def _call(text: bytes) -> Optional[SystemCall]:
    """`running`, `-1 …` outside of a call, else the number and six arguments in hexadecimal."""
    number, *arguments = text.split()[:2] or [b""]
    if not number.isdigit() or not arguments:
        return None
    return SystemCall(int(number), int(arguments[0], 16))


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
