"""Stubs of Triton's python backend that outlived their PyTriton's tritonserver: from /proc (proc(5)).

A stub usually ends with its server.  One that waits for an answer of a PyTriton that is gone does not.
Standard library only.
"""

from __future__ import annotations

import os
from typing import Optional

from tritondoctor.support import killing, proc, pytriton_traces, tritonservers
from tritondoctor.support.numbers import whole
from tritondoctor.support.tritonservers import Server

#: what python_backend's stub_launcher.cc starts a stub with: its segment, and its server's process id
_SEGMENT, _SERVER_PID = 2, 5


def orphans() -> list[Server]:
    """Return every visible stub of a PyTriton whose tritonserver is gone."""
    return [found for pid in proc.pids() if (found := orphan(pid)) is not None]


def orphan(pid: int) -> Optional[Server]:
    """Return that process, if it is a stub of PyTriton's without its server.

    What it runs and who is its parent is the kernel's word, its arguments are its own.  Where
    its server or its PyTriton may live, or it is in another container, it is none.
    """
    if not proc.program(pid).endswith(f"/{pytriton_traces.STUB}"):
        return None
    arguments = os.fsdecode(proc.read(pid, "cmdline")).split("\0")
    if len(arguments) <= _SERVER_PID or not arguments[_SERVER_PID].isdecimal():
        return None
    if not pytriton_traces.is_server_segment(arguments[_SEGMENT]):
        return None
    segment, server_pid = arguments[_SEGMENT], whole(arguments[_SERVER_PID])
    known = tritonservers.described(pid, segment)
    if known is None or not tritonservers.shares_our_view(pid) or _has_parent(pid, server_pid):
        return None
    return None if _pytriton_lives(known) or _server_lives(segment) else known


def _has_parent(pid: int, server_pid: int) -> bool:
    """Whether its parent may be its server: a parent out of sight, and any tritonserver, count."""
    row = proc.stat(pid)
    if row is None or row.parent == 0:
        return True
    is_server = row.parent in tritonservers.tritonservers()
    return is_server or server_pid in tritonservers.own_pids(row.parent)


def _pytriton_lives(stub: Server) -> bool:
    """Whether the process that its segment names is older than it, and so may be its PyTriton."""
    number = pytriton_traces.pytriton_of(stub.prefix)
    started = killing.start_of(number)
    return bool(started) and whole(started) <= whole(stub.start)


def _server_lives(segment: str) -> bool:
    """Whether any process, by its own word, is the server of that segment."""
    commands = (proc.read(pid, "cmdline") for pid in proc.pids())
    options = map(pytriton_traces.SERVER_OPTION.search, commands)
    return any(segment.startswith(option[1].decode()) for option in options if option)
