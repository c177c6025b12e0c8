"""What dead PyTriton processes have left: orphaned servers, shared memory, workspaces, model files.

A file that some process has open, maps or runs cannot be leased for writing (fcntl(2), F_SETLEASE):
that holds in every container too, where /proc shows only our own processes.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import re
import signal
import struct
import time
from collections.abc import Collection, Iterator
from typing import Optional

from tritondoctor.facts import holders
from tritondoctor.facts.home import file_system
from tritondoctor.facts.model import Leftover

SHARED_MEMORY = "/dev/shm"
_TEMPORARY = "/tmp"
#: a start that is under way has not yet opened all that it has made
_SETTLED_S = 120.0
_LONG_S = 86_400.0
#: other machines may use these at the same time
_OF_SEVERAL_MACHINES = ("nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "9p", "afs")


def find(roots: Collection[str]) -> tuple[Leftover, ...]:
    """All leftovers that this user may remove; `roots` are folders that hold workspaces."""
    servers = holders.servers()
    orphans = [one for one in servers if one.orphan and _may_remove(one.uid)]
    found = [Leftover("server", str(one.pid), user=holders.user_name(one.uid)) for one in orphans]
    of_orphans = {one.workspace: one.pid for one in orphans if one.workspace}
    found += _segments({one.prefix: one.pid for one in orphans})
    found += _workspaces(roots, of_orphans)
    dead = {one.where for one in found if one.kind == "workspace"}
    return (*found, *_model_files(dead, {one.workspace for one in servers}))


def environment_folders() -> Iterator[Leftover]:
    """The folders that Triton's python backend makes for environments and leaves empty when it is killed.

    They bear no name, so they count only where no tritonserver lives but orphans; where other containers
    cannot be seen, only old ones.
    """
    orphans = [one.pid for one in holders.servers() if one.orphan and _may_remove(one.uid)]
    if set(holders.tritonservers()) - set(orphans):
        return
    age = _SETTLED_S if holders.all_processes_are_seen() else _LONG_S
    for path in sorted(glob.glob(f"{_TEMPORARY}/python_env_??????")):
        stat = _stat(path)
        if stat is None or not _may_remove(stat.st_uid) or time.time() - stat.st_mtime < age:
            continue
        if _is_empty_folder(path):
            holder = orphans[0] if orphans else 0
            yield Leftover("environment-folder", path, 0, holders.user_name(stat.st_uid), holder)


def _is_empty_folder(path: str) -> bool:
    try:
        return not os.path.islink(path) and not os.listdir(path)
    except OSError:
        return False


def is_still(one: Leftover) -> bool:
    """Whether a file or folder that was found is there, and still used by nobody."""
    if one.kind == "segment":
        return unused(one.where) is True
    if one.kind == "workspace":
        return os.path.isdir(one.where) and all(
            unused(path) is True for path in _programs(one.where) if os.path.exists(path)
        )
    if one.kind == "environment-folder":
        return _is_empty_folder(one.where)
    return os.path.isdir(one.where)


def unused(path: str) -> Optional[bool]:
    """Whether no process anywhere has the file open, mapped or running; None where it cannot be told."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            # a newcomer is told to the lease's holder by a signal; by this one unnoticed
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        finally:
            os.close(file)
    except OSError as failure:
        return False if failure.errno == errno.EAGAIN else None
    return True


def _segments(of_orphans: dict[str, int]) -> Iterator[Leftover]:
    try:
        names = sorted(os.listdir(SHARED_MEMORY))
    except OSError:
        return
    for name in names:
        path = f"{SHARED_MEMORY}/{name}"
        stat = _stat(path)
        if not re.match(r"pytrtion\d+-|psm_", name) or stat is None or not _may_remove(stat.st_uid):
            continue
        holder = next((pid for prefix, pid in of_orphans.items() if name.startswith(prefix)), 0)
        ours = name.startswith("pytrtion") or _is_tensor(path)
        if ours and (holder or unused(path)):
            yield Leftover("segment", path, stat.st_blocks * 512, holders.user_name(stat.st_uid), holder)


def _is_tensor(path: str) -> bool:
    """Whether PyTriton's TensorStore wrote it (proxy/data.py: `_copy_frames`, `_pack_header`)."""
    try:
        with open(path, "rb") as file:
            start = file.read(27)
    except OSError:
        return False
    if len(start) < 27:
        return False
    _, length, kind, order, dimensions = struct.unpack("<II16scH", start)
    described = re.fullmatch(rb"[<>|=][a-zA-Z]\d*", kind.rstrip(b"\0"))
    return described is not None and order in b"CF" and length == 19 + 8 * dimensions


def _workspaces(roots: Collection[str], of_orphans: dict[str, int]) -> Iterator[Leftover]:
    found = sorted({path for root in roots for path in glob.glob(f"{glob.escape(root)}/workspace_*")})
    for path in dict.fromkeys([*found, *of_orphans]):
        stat = _stat(path)
        holder = of_orphans.get(path, 0)
        if stat is not None and _may_remove(stat.st_uid) and (holder or _is_dead(path)):
            yield Leftover("workspace", path, _size(path), holders.user_name(stat.st_uid), holder)


def _is_dead(workspace: str) -> bool:
    """Whether a workspace was in use once and is so no more; one without a server tells nothing."""
    own, programs = f"{workspace}/tritonserver", _programs(workspace)
    made = [stat.st_mtime for path in (workspace, own, f"{own}/backends/python") if (stat := _stat(path))]
    return (
        os.path.isfile(programs[0])
        and not os.path.islink(workspace)
        and time.time() - max(made) > _SETTLED_S
        and all(unused(path) is True for path in programs if os.path.exists(path))
        and file_system(workspace) not in _OF_SEVERAL_MACHINES
        and workspace not in _text("/proc/net/unix")
    )


def _programs(workspace: str) -> tuple[str, str]:
    own = f"{workspace}/tritonserver"
    return f"{own}/bin/tritonserver", f"{own}/backends/python/triton_python_backend_stub"


def _model_files(dead: Collection[str], in_use: Collection[str]) -> Iterator[Leftover]:
    """Folders into which a tritonserver put a model that belongs to a dead or vanished workspace."""
    gone_is_told = holders.all_processes_are_seen()
    for path in sorted(glob.glob(f"{_TEMPORARY}/folder??????/config.pbtxt")):
        folder = os.path.dirname(path)
        stat = _stat(folder)
        named = re.search(r'"(/[^"]*/workspace_\w+)"', _text(path))
        if stat is None or named is None or not _may_remove(stat.st_uid):
            continue
        gone = (
            gone_is_told
            and named[1] not in in_use
            and not os.path.lexists(named[1])
            and time.time() - stat.st_mtime > _SETTLED_S
        )
        if named[1] in dead or gone:
            yield Leftover("model-files", folder, _size(folder), holders.user_name(stat.st_uid))


def _may_remove(uid: int) -> bool:
    return os.geteuid() in (0, uid)


def _size(folder: str) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        total += sum(stat.st_blocks * 512 for name in names if (stat := _stat(f"{where}/{name}")))
    return total


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
