"""The tritonservers that PyTriton started, and whose processes and ports are: from /proc (proc(5)).

Standard library only.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Collection
from typing import NamedTuple, Optional

from tritondoctor.support import killing, proc, pytriton_traces
from tritondoctor.support.numbers import whole

#: the inode of the first pid namespace (linux/proc_ns.h), from which every process is visible
_FIRST_NAMESPACE = 0xEFFFFFFC


class Server(NamedTuple):
    """A tritonserver that PyTriton started; `orphan`: its PyTriton is gone.

    `prefix` is that of its segments, `program` its path ("" where it is not visible from here), `start`
    when it began (support.killing).
    """

    pid: int
    orphan: bool
    prefix: str
    program: str
    uid: int
    start: str


def servers() -> list[Server]:
    """Return every visible tritonserver that PyTriton has started."""
    return [known for pid in tritonservers() if (known := server(pid)) is not None]


def tritonservers() -> list[int]:
    """Return the pids of every tritonserver, whoever has started it."""
    return [pid for pid in proc.pids() if _is_tritonserver(pid)]


def one_is_out_of_sight(but: Collection[int] = ()) -> bool:
    """Whether a tritonserver or stub lives whose files cannot be looked at from here, as a container's.

    `but` are processes that do not count.
    """
    return any(_is_out_of_sight(pid) for pid in proc.pids() if pid not in but and _is_of_triton(pid))


def _is_of_triton(pid: int) -> bool:
    """Whether a process has a name of a tritonserver or stub, by anybody's word."""
    argument = os.fsdecode(proc.read(pid, "cmdline").partition(b"\0")[0])
    own_word = os.fsdecode(proc.read(pid, "comm").strip())
    names = {os.path.basename(proc.program(pid)), os.path.basename(argument), own_word}
    return not names.isdisjoint(pytriton_traces.PROGRAMS)


def _is_out_of_sight(pid: int) -> bool:
    row = proc.stat(pid)
    if row is None or row.state in "ZX":
        return False
    return not _program(pid) or _view_of(str(pid)) != _view_of("self")


def _view_of(pid: str) -> tuple[str, ...]:
    """The mount namespace and the root of a process; nothing where they cannot be seen."""
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt"), os.readlink(f"/proc/{pid}/root")
    except OSError:
        return ()


def server(pid: int) -> Optional[Server]:
    """Return that process, if the program that it runs is a tritonserver as PyTriton keeps it.

    What it runs is the kernel's word (`exe`); its arguments are its own word, and only name its segments.
    """
    option = pytriton_traces.SERVER_OPTION.search(proc.read(pid, "cmdline"))
    if option is None or not proc.program(pid).endswith(f"/{pytriton_traces.SERVER}"):
        return None
    row, known = proc.stat(pid), described(pid, option[1].decode())
    if row is None or known is None:
        return None
    return known._replace(orphan=whole(option[2].decode()) not in own_pids(row.parent))


def pytriton_of(pid: int) -> Optional[int]:
    """Return the PyTriton that started that tritonserver and lives; None for any other process."""
    known, row = server(pid), proc.stat(pid)
    return row.parent if known is not None and not known.orphan and row is not None else None


def described(pid: int, prefix: str) -> Optional[Server]:
    """Return a process as an orphan; None where it is gone or dead, or has several users."""
    uid, start = uid_of(pid), killing.start_of(pid)
    return None if uid is None or not start else Server(pid, True, prefix, _program(pid), uid, start)


def shares_our_view(pid: int) -> bool:
    """Whether a process has our own numbers of processes, files and root."""
    try:
        same_pids = os.readlink(f"/proc/{pid}/ns/pid") == os.readlink("/proc/self/ns/pid")
    except OSError:
        return False
    return same_pids and _view_of(str(pid)) == _view_of("self") != ()


def _is_tritonserver(pid: int) -> bool:
    program = proc.program(pid)
    name = os.path.basename(program) if program else os.fsdecode(proc.read(pid, "comm").strip())
    return name == "tritonserver"


def _program(pid: int) -> str:
    """Return its program's path if that very file is there: a container's paths lead elsewhere."""
    path = proc.program(pid)
    try:
        same = os.path.samestat(os.lstat(path), os.stat(f"/proc/{pid}/exe"))
    except (OSError, ValueError):
        return ""
    return path if same else ""


def uid_of(pid: int) -> Optional[int]:
    """Return the user of a process; None where it has several, as a set-uid program does."""
    return _uid(proc.read(pid, "status"))


def _uid(status: bytes) -> Optional[int]:
    """Return a process's only user; the owner of /proc/<pid> is root where it allows no dump."""
    uids = re.search(rb"^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", status, re.M)
    return int(uids[1]) if uids is not None and len(set(uids.groups())) == 1 else None


def all_processes_are_seen() -> bool:
    """Whether this process sees those of all containers."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino == _FIRST_NAMESPACE
    except OSError:
        return False


@functools.cache
def user_name(uid: int) -> str:
    """Return a user's name; the number where there is none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def listening_user(number: int) -> Optional[int]:
    """Return the uid of a socket that listens on a port: /proc/net/tcp, which everybody may read."""
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in proc.read_path(path).decode("ascii", "replace").splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == number:
                return int(cells[7])
    return None


def own_pids(pid: int) -> list[int]:
    """Return a process's pids, here and in the containers that it is in: /proc/<pid>/status, NSpid."""
    numbers = re.search(rb"^NSpid:\s*(.+)$", proc.read(pid, "status"), re.M)
    return [int(part) for part in numbers[1].split()] if numbers else [pid]
