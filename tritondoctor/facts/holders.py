"""Processes that are in the way: who listens on a port, and which tritonserver is an orphan."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, Optional

from tritondoctor.facts.model import Holder

#: PyTriton gives its server a name for shared memory that holds PyTriton's own pid (`_shm_prefix`)
_STARTED_BY = re.compile(rb"shm-region-prefix-name=(pytrtion(\d+)-[0-9a-f]+)")


#: the inode of the first pid namespace (linux/proc_ns.h); from there every process is to be seen
_FIRST_NAMESPACE = 0xEFFFFFFC


class Server(NamedTuple):
    """A tritonserver of PyTriton, its segments' prefix, and its workspace as it knows it itself."""

    pid: int
    orphan: bool
    prefix: str
    workspace: str
    uid: int


def servers() -> list[Server]:
    """Every tritonserver that PyTriton has started and that is to be seen from here."""
    return [one for pid in tritonservers() if (one := server(pid)) is not None]


def tritonservers() -> list[int]:
    """The pids of every tritonserver, whoever has started it."""
    entries = os.listdir("/proc") if os.path.isdir("/proc/self") else []
    return [
        int(entry)
        for entry in entries
        if entry.isdigit() and _read(f"/proc/{entry}/comm").strip() == b"tritonserver"
    ]


def server(pid: int) -> Optional[Server]:
    """That process, where it is a tritonserver of PyTriton."""
    command = _read(f"/proc/{pid}/cmdline")
    started_by = _STARTED_BY.search(command)
    parent = re.search(rb"^PPid:\s*(\d+)", _read(f"/proc/{pid}/status"), re.M)
    if started_by is None or parent is None:
        return None
    try:
        uid = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
    place = os.fsdecode(command.split(b"\0")[0]).partition("/tritonserver/")[0]
    orphan = int(started_by[2]) not in _own_pids(int(parent[1]))
    return Server(pid, orphan, started_by[1].decode(), place, uid)


def all_processes_are_seen() -> bool:
    """Whether this process sees those of all containers too."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino == _FIRST_NAMESPACE
    except OSError:
        return False


def holder_of(number: int) -> Optional[Holder]:
    """Who listens on a port; of another user's process at least the user."""
    import psutil

    try:
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == number and one.pid:
                process = psutil.Process(one.pid)
                ours = server(one.pid)
                return Holder(
                    one.pid, process.name(), process.username(), ours is not None and ours.orphan
                )
    except (psutil.Error, OSError):
        pass
    uid = _listening_user(number)
    return None if uid is None else Holder(0, "", user_name(uid))


def told(one: Holder) -> str:
    """A process in words."""
    if not one.pid:
        return f"a process of user {one.user} (root can see which: ss -ltnp)"
    words = f"process {one.pid} ({one.program}, user {one.user})"
    return f"{words}, an orphan: its PyTriton is gone" if one.orphan else words


def user_name(uid: int) -> str:
    """A user's name; the number where there is none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _listening_user(number: int) -> Optional[int]:
    """The uid of a listening socket from /proc/net/tcp (proc(5)), which everybody may read."""
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _read(path).decode("ascii", "replace").splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == number:
                return int(cells[7])
    return None


def _own_pids(pid: int) -> list[int]:
    """A process's pids, here and in the containers that it is in: /proc/<pid>/status, NSpid."""
    numbers = re.search(rb"^NSpid:\s*(.+)$", _read(f"/proc/{pid}/status"), re.M)
    return [int(one) for one in numbers[1].split()] if numbers else [pid]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
