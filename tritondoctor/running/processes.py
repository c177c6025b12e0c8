"""The processes of a server as they are now, from /proc."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Optional

from tritondoctor.running.model import Role, RunningProcess, RunningServer, RunningThread, SharedMemory
from tritondoctor.support import proc, pytriton_traces, threads

_TICKS = os.sysconf("SC_CLK_TCK")
_SIGINT = 1 << 1
#: stub_launcher.cc of the Python backend: the stub's arguments
_INSTANCE = 8
_MOST_THREADS = 400


def processes(server: RunningServer, *, with_threads: bool) -> tuple[RunningProcess, ...]:
    """Return the server's processes: PyTriton's own, tritonserver, stubs, and whatever else they
    started.
    """
    rows = {row.pid: row for pid in proc.pids() if (row := proc.stat(pid)) is not None}
    children = defaultdict(list)
    for row in rows.values():
        children[row.parent].append(row.pid)
    top = server.pid or server.server_pid
    return tuple(
        _process(rows[pid], _role(rows[pid], server), with_threads)
        for pid in _tree(top, children)
        if pid in rows and (rows[pid].state not in "ZX" or _is_dead_stub(rows[pid], server))
    )


def _tree(top: Optional[int], children: dict[int, list[int]]) -> Iterator[int]:
    waiting = [top] if top else []
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += sorted(children.get(pid, ()), reverse=True)


def _is_dead_stub(row: proc.ProcessStat, server: RunningServer) -> bool:
    """Whether a stub has ended that tritonserver does not wait for: its instance has none."""
    return row.parent == server.server_pid and row.name == os.path.basename(pytriton_traces.STUB)[:15]


def _role(row: proc.ProcessStat, server: RunningServer) -> Role:
    pid = row.pid
    if pid == server.pid:
        return "pytriton"
    if pid == server.server_pid:
        return "tritonserver"
    program = proc.program(pid) or _arguments(pid)[0]
    is_stub = row.parent == server.server_pid and program.endswith(f"/{pytriton_traces.STUB}")
    return "stub" if is_stub or _is_dead_stub(row, server) else "child"


def _arguments(pid: int) -> list[str]:
    return os.fsdecode(proc.read(pid, "cmdline")).split("\0")


def _process(row: proc.ProcessStat, role: Role, with_threads: bool) -> RunningProcess:
    status = proc.read(row.pid, "status")
    ignored = re.search(rb"^SigIgn:\s*([0-9a-f]+)", status, re.M)
    memory = _number(status, rb"RssAnon")
    watched = role == "pytriton" and with_threads
    return RunningProcess(
        row.pid,
        role,
        row.name,
        row.state,
        int(row.start),
        row.ticks / _TICKS,
        memory=None if memory is None else memory * 1024,
        switches=_number(status, rb"voluntary_ctxt_switches"),
        ignores_sigint=bool(ignored and int(ignored[1], 16) & _SIGINT),
        instance=(_arguments(row.pid)[_INSTANCE:] or [""])[0] if role == "stub" else "",
        threads=tuple(_threads(row.pid)) if watched else (),
        busy_loops=_busy_loops(row.pid) if watched else None,
    )


def _threads(pid: int) -> Iterator[RunningThread]:
    for thread in threads.threads(pid)[:_MOST_THREADS]:
        wanted = None if thread.wanted_ns is None else thread.wanted_ns / 1e9
        yield RunningThread(thread.tid, thread.name, thread.state, thread.waits_in, wanted)


def _busy_loops(pid: int) -> Optional[int]:
    """How many event loops of a process do not wait for events; None where that cannot be seen.

    A loop that is older than all that wait does not count: the module geventhttpclient makes one that
    nobody runs.
    """
    loops = {number for number, target in threads.descriptors(pid).items() if "eventpoll" in target}
    waiting = {
        thread.call.first for thread in threads.threads(pid)[:_MOST_THREADS]
        if thread.call is not None and "poll" in thread.waits_in
    } & loops  # fmt: skip
    return sum(number > min(waiting) for number in loops - waiting) if waiting else None


def _number(status: bytes, name: bytes) -> Optional[int]:
    found = re.search(rb"^" + name + rb":\s*(\d+)", status, re.M)
    return int(found[1]) if found else None


def shared_memory(server: RunningServer) -> Optional[SharedMemory]:
    """Return the server's /dev/shm; None where it cannot be seen."""
    try:
        volume = os.statvfs(f"/proc/{server.server_pid}/root{pytriton_traces.SHARED_MEMORY}")
    except OSError:
        return None
    return SharedMemory(volume.f_blocks * volume.f_frsize, volume.f_bavail * volume.f_frsize)
