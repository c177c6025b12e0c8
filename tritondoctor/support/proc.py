"""Reads /proc (proc(5)): the processes that this one can see.  Standard library only."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, Optional


class ProcessStat(NamedTuple):
    """A row of /proc/<pid>/stat; the state Z is a process that has ended, `start` counts clock ticks
    since the machine started, `ticks` those of processor time.
    """

    pid: int
    name: str
    state: str
    parent: int
    start: str
    ticks: int = 0


def pids() -> list[int]:
    """Return the ids of all visible processes; none where /proc is not mounted."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def read(pid: int, name: str) -> bytes:
    """Return a file of a process; empty where the process is gone or the file is closed to this user."""
    return read_path(f"/proc/{pid}/{name}")


def read_path(path: str) -> bytes:
    """Return a file below /proc; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def stat(pid: int) -> Optional[ProcessStat]:
    """Return a process's row; None where it is gone."""
    head, _, tail = os.fsdecode(read(pid, "stat")).rpartition(")")
    fields = tail.split()
    if len(fields) < 20:
        return None
    ticks = int(fields[11]) + int(fields[12])  # utime and stime
    return ProcessStat(pid, head.partition("(")[2], fields[0], int(fields[1]), fields[19], ticks)


def variables(pid: int) -> dict[str, str]:
    """Return the variables that a process was started with; none where this user may not see them."""
    pairs = os.fsdecode(read(pid, "environ")).split("\0")
    return {name: value for name, equals, value in (pair.partition("=") for pair in pairs) if equals}


def program(pid: int) -> str:
    """Return the path that a process's program had when it started; "" where it cannot be seen."""
    try:
        return re.sub(r" \(deleted\)$", "", os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""
