"""Processes that are in the way: who listens on a port, and which tritonserver is an orphan."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, Optional

from tritondoctor.facts.model import Holder
from tritondoctor.support import killing

#: PyTriton gives its server a name for shared memory that holds PyTriton's own pid (`_shm_prefix`)
_STARTED_BY = re.compile(rb"shm-region-prefix-name=(pytrtion(\d+)-[0-9a-f]+)")
_PROGRAM = "/tritonserver/bin/tritonserver"

#: the inode of the first pid namespace (linux/proc_ns.h); from there every process is to be seen
_FIRST_NAMESPACE = 0xEFFFFFFC


class Server(NamedTuple):
    """A tritonserver of PyTriton: its segments' prefix, its program's path (empty where that is not to be
    seen from here), its user, and when it began (support.killing).
    """

    pid: int
    orphan: bool
    prefix: str
    program: str
    uid: int
    start: str


def servers() -> list[Server]:
    """Every tritonserver that PyTriton has started and that is to be seen from here."""
    return [found for pid in tritonservers() if (found := server(pid)) is not None]


def tritonservers() -> list[int]:
    """The pids of every tritonserver, whoever has started it."""
    entries = os.listdir("/proc") if os.path.isdir("/proc/self") else []
    return [int(entry) for entry in entries if entry.isdigit() and _is_tritonserver(int(entry))]


def server(pid: int) -> Optional[Server]:
    """That process, where the program that it runs is a tritonserver as PyTriton keeps it.

    What it is, the kernel says (`exe`); its arguments are its own word, and only name its segments.
    """
    started_by = _STARTED_BY.search(_read(f"/proc/{pid}/cmdline"))
    status = _read(f"/proc/{pid}/status")
    parent = re.search(rb"^PPid:\s*(\d+)", status, re.M)
    uid = _uid(status)
    start = killing.start_of(pid)
    if started_by is None or parent is None or uid is None or not start:
        return None
    if not _exe(pid).endswith(_PROGRAM):
        return None
    orphan = int(started_by[2]) not in _own_pids(int(parent[1]))
    return Server(pid, orphan, started_by[1].decode(), _program(pid), uid, start)


def variables(pid: int) -> dict[str, str]:
    """The variables that a process was started with; none where this user may not see them."""
    pairs = os.fsdecode(_read(f"/proc/{pid}/environ")).split("\0")
    return {name: value for name, equals, value in (pair.partition("=") for pair in pairs) if equals}


def _is_tritonserver(pid: int) -> bool:
    exe = _exe(pid)
    name = os.path.basename(exe) if exe else os.fsdecode(_read(f"/proc/{pid}/comm").strip())
    return name == "tritonserver"


def _exe(pid: int) -> str:
    """The path of a process's program where it was started; "" where this user may not see it."""
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


def _program(pid: int) -> str:
    """The same, where the very file is at that path here: a container's paths lead elsewhere."""
    path = _exe(pid)
    try:
        same = os.path.samestat(os.lstat(path), os.stat(f"/proc/{pid}/exe"))
    except (OSError, ValueError):
        return ""
    return path if same else ""


def uid_of(pid: int) -> Optional[int]:
    """The user of a process; None where it has several, as a set-uid program does."""
    return _uid(_read(f"/proc/{pid}/status"))


def _uid(status: bytes) -> Optional[int]:
    """The user of a process that has but one; /proc/<pid> itself is root's where it allows no dump."""
    uids = re.search(rb"^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", status, re.M)
    return int(uids[1]) if uids is not None and len(set(uids.groups())) == 1 else None


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
        for net_connection in psutil.net_connections("tcp"):
            if (
                net_connection.status == psutil.CONN_LISTEN
                and net_connection.laddr
                and net_connection.laddr.port == number
                and net_connection.pid
            ):
                process = psutil.Process(net_connection.pid)
                ours = server(net_connection.pid)
                return Holder(
                    net_connection.pid,
                    process.name(),
                    process.username(),
                    ours is not None and ours.orphan,
                )
    except (psutil.Error, OSError):
        pass
    uid = _listening_user(number)
    return None if uid is None else Holder(0, "", user_name(uid))


def told(holder: Holder) -> str:
    """A process in words."""
    if not holder.pid:
        return f"a process of user {holder.user} (root can see which: ss -ltnp)"
    words = f"process {holder.pid} ({holder.program}, user {holder.user})"
    return f"{words}, an orphan: its PyTriton is gone" if holder.orphan else words


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
    return [int(part) for part in numbers[1].split()] if numbers else [pid]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
