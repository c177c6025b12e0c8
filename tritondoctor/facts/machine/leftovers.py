"""What dead PyTriton processes have left: orphaned servers, shared memory, workspaces, model files.

What is found is looked at by its own owner's rules: a thing belongs to one user, and only what the same
user's processes say counts for it.
"""

from __future__ import annotations

import glob
import os
import re
import stat
import struct
import time
from collections.abc import Collection, Iterator
from typing import NamedTuple, Optional

from tritondoctor.facts.launch.folders import pytriton_home
from tritondoctor.facts.machine import dead_workspaces, listeners
from tritondoctor.facts.machine.dead_workspaces import SETTLED_S
from tritondoctor.facts.model import Leftover
from tritondoctor.loader import Files
from tritondoctor.support import reading, removal, staging
from tritondoctor.support.usage import unused

SHARED_MEMORY = "/dev/shm"
_TEMPORARY = "/tmp"
_LONG_S = 86_400.0
_CONFIG = "config.pbtxt"
#: all that tritonserver puts into the folder of a model that it was sent
_MODEL_FILES = {_CONFIG, "1", "1/model.py", "1/__pycache__"}


class Trace(NamedTuple):
    """A leftover, and by what the very thing is known again; `start` of a server."""

    leftover: Leftover
    uid: int
    identity: Optional[removal.Identity] = None
    start: str = ""


def own(roots: Collection[str]) -> tuple[Leftover, ...]:
    """The leftovers of this user that may be removed; `roots` are homes of PyTriton's."""
    found = find(roots, (os.geteuid(),))
    return tuple(trace.leftover for trace in found if not trace.leftover.kept)


def find(roots: Collection[str], uids: Collection[int]) -> tuple[Trace, ...]:
    """All leftovers of these users, those that are listed only among them."""
    servers = [server for server in listeners.servers() if server.uid in uids]
    orphans = [server for server in servers if server.orphan]
    found = [_server(server) for server in orphans]
    found += _segments(orphans, uids)
    found += _workspaces(roots, orphans, uids)
    return (*found, *_model_files(found, servers, uids))


def environment_folders(uids: Collection[int]) -> Iterator[Trace]:
    """The folders that Triton's python backend makes for environments and leaves empty when it is killed.

    They bear no name, so they count only where no tritonserver lives but orphans; where other containers
    cannot be seen, only old ones.
    """
    orphans = [server for server in listeners.servers() if server.orphan and server.uid in uids]
    if set(listeners.tritonservers()) - {server.pid for server in orphans}:
        return
    age = SETTLED_S if listeners.all_processes_are_seen() else _LONG_S
    for path in sorted(glob.glob(f"{os.path.realpath(_TEMPORARY)}/python_env_??????")):
        info = _stat(path)
        if info is None or info.st_uid not in uids or time.time() - info.st_mtime < age:
            continue
        if _is_empty_folder(path):
            holder = next((server.pid for server in orphans if server.uid == info.st_uid), 0)
            yield trace("environment-folder", path, info, 0, holder)


def is_still(trace: Trace, roots: Collection[str]) -> bool:
    """Whether a file or folder that was found still is what it was, and used by nobody."""
    leftover, path = trace.leftover, trace.leftover.where
    if removal.identity(path) != trace.identity:
        return False
    if leftover.kind == "segment":
        return _is_segment(path, trace.uid) and unused(path) is True
    if leftover.kind == "workspace":
        homes = {*roots, os.path.dirname(path)}
        return not dead_workspaces.is_used(path) and not dead_workspaces.why_kept(path, trace.uid, homes)
    if leftover.kind == "environment-folder":
        return _is_empty_folder(path)
    if leftover.kind == "staging":
        return staging.is_free(path)
    workspace = _workspace_of_model(path, trace.uid)
    return bool(workspace) and not (os.path.lexists(workspace) and dead_workspaces.is_used(workspace))


def trace(
    kind: str, path: str, info: os.stat_result, size: int, holder: int = 0, kept: str = ""
) -> Trace:
    """A file or folder that was found, with what it is known again by."""
    leftover = Leftover(kind, path, size, listeners.user_name(info.st_uid), holder, kept)  # type: ignore[arg-type]
    return Trace(leftover, info.st_uid, removal.identity_of(info))


def _server(server: listeners.Server) -> Trace:
    leftover = Leftover("server", str(server.pid), user=listeners.user_name(server.uid))
    return Trace(leftover, server.uid, start=server.start)


def _segments(orphans: Collection[listeners.Server], uids: Collection[int]) -> Iterator[Trace]:
    folder = os.path.realpath(SHARED_MEMORY)
    try:
        names = reading.list_folder(folder)
    except OSError:
        return
    for name in names:
        path = f"{folder}/{name}"
        info = _stat(path)
        if info is None or info.st_uid not in uids or not _is_segment(path, info.st_uid):
            continue
        claims = (
            orphan.pid
            for orphan in orphans
            if orphan.uid == info.st_uid and name.startswith(orphan.prefix)
        )
        holder = next(claims, 0)
        if holder or unused(path):
            yield trace("segment", path, info, info.st_blocks * 512, holder)


def _is_segment(path: str, uid: int) -> bool:
    """Whether it is a plain file that PyTriton or its TensorStore wrote."""
    info, name = _stat(path), os.path.basename(path)
    if info is None or not stat.S_ISREG(info.st_mode) or info.st_nlink != 1 or info.st_uid != uid:
        return False
    of_server = re.fullmatch(r"pytrtion\d+-[0-9a-f]+[\w-]*", name)
    return of_server is not None or (name[:4] == "psm_" and _is_tensor(path))


def _is_tensor(path: str) -> bool:
    """Whether PyTriton's TensorStore wrote it (proxy/data.py: `_copy_frames`, `_pack_header`)."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        start = os.read(file, 27)
    except OSError:
        return False
    finally:
        os.close(file)
    if len(start) < 27:
        return False
    _, length, kind, order, dimensions = struct.unpack("<II16scH", start)
    described = re.fullmatch(rb"[<>|=][a-zA-Z]\d*", kind.rstrip(b"\0"))
    return described is not None and order in b"CF" and length == 19 + 8 * dimensions


def _workspaces(
    roots: Collection[str], orphans: Collection[listeners.Server], uids: Collection[int]
) -> Iterator[Trace]:
    of_orphans = {dead_workspaces.of_program(server.program): server for server in orphans}
    of_orphans.pop("", None)
    for path in dict.fromkeys([*dead_workspaces.in_homes(roots), *of_orphans]):
        info, orphan = _stat(path), of_orphans.get(path)
        if info is None or not stat.S_ISDIR(info.st_mode) or info.st_uid not in uids:
            continue
        if orphan is None and (not dead_workspaces.is_settled(path) or dead_workspaces.is_used(path)):
            continue
        homes = {*roots, *(_homes_of(orphan) if orphan else ())}
        kept = dead_workspaces.why_kept(path, orphan.uid if orphan else info.st_uid, homes)
        yield trace("workspace", path, info, size_of(path), orphan.pid if orphan else 0, kept)


def _homes_of(server: listeners.Server) -> set[str]:
    """Where a server's own variables put workspaces; of its own user only, as all that counts for it."""
    given = listeners.variables(server.pid)
    return (
        {pytriton_home(Files(), given, "/", named=named)[0] for named in (True, False)}
        if given
        else set()
    )


def _model_files(
    found: Collection[Trace], servers: Collection[listeners.Server], uids: Collection[int]
) -> Iterator[Trace]:
    """Folders into which a tritonserver put a model that belongs to a dead or vanished workspace."""
    dead = {(one.leftover.where, one.uid) for one in found if one.leftover.kind == "workspace"}
    used = {dead_workspaces.of_program(server.program) for server in servers}
    gone_is_told = listeners.all_processes_are_seen()
    for path in sorted(glob.glob(f"{os.path.realpath(_TEMPORARY)}/folder??????/{_CONFIG}")):
        folder = os.path.dirname(path)
        info = _stat(folder)
        if info is None or not stat.S_ISDIR(info.st_mode) or info.st_uid not in uids:
            continue
        workspace = _workspace_of_model(folder, info.st_uid)
        settled = time.time() - info.st_mtime > SETTLED_S
        gone = gone_is_told and settled and workspace not in used and not os.path.lexists(workspace)
        if workspace and ((workspace, info.st_uid) in dead or gone):
            kept = removal.why_not_removable(folder, info.st_uid) or _stranger_in(folder)
            yield trace("model-files", folder, info, size_of(folder), 0, kept)


def _workspace_of_model(folder: str, uid: int) -> str:
    """The workspace that the configuration of a model in /tmp names; "" where there is none."""
    try:
        text = reading.read_text(f"{folder}/{_CONFIG}", reading.Limit.TINY, follow=False, owner=uid)
    except OSError:
        return ""
    named = re.search(r'"(/[^"\n]*/workspace_\w+)"', text)
    return named[1] if named else ""


def _stranger_in(folder: str) -> str:
    """What tritonserver did not put there, as the reason to keep the folder."""
    try:
        entries = [os.path.relpath(entry.path, folder) for entry in reading.walk(folder, 4, 100)]
    except OSError:
        return "it holds more than a model"
    strangers = [name for name in entries if name not in _MODEL_FILES and "__pycache__/" not in name]
    return f"it holds {sorted(strangers)[0]}" if strangers else ""


def _is_empty_folder(path: str) -> bool:
    try:
        return not os.path.islink(path) and not os.listdir(path)
    except OSError:
        return False


def size_of(folder: str) -> int:
    """What a folder takes of the disk, in bytes."""
    total = 0
    try:
        for entry in reading.walk(folder):
            total += entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        pass  # a size that is only told
    return total


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None
