"""Finds what dead PyTriton processes have left: orphaned servers and stubs, memory, workspaces, models.

Each leftover belongs to one user, and only that user's own processes are believed about it; but that
a process is in a folder keeps it, whosever the process is.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import time
from collections.abc import Collection, Iterator
from typing import Optional

import msgspec

from tritondoctor.facts.launch.folders import pytriton_home
from tritondoctor.facts.machine import dead_workspaces, strangers
from tritondoctor.facts.machine.dead_workspaces import SETTLED_S
from tritondoctor.facts.machine.model import KeptReason, Leftover, LeftoverKind
from tritondoctor.loader import Files
from tritondoctor.support import (
    occupants,
    proc,
    pytriton_traces,
    reading,
    removal,
    staging,
    stubs,
    tritonservers,
)
from tritondoctor.support.mounts import is_local
from tritondoctor.support.usage import unused, used_files

#: the least age of a nameless folder where processes of other containers are not visible
_OLD_S = 86_400.0
#: kinds of leftovers that are processes
PROCESSES: tuple[LeftoverKind, ...] = ("server", "stub")
_KEEP_NOTHING: tuple[KeptReason, str] = ("", "")


class Trace(msgspec.Struct, frozen=True):
    """A leftover, and what identifies it later: `identity` of a file, `start` of a process."""

    leftover: Leftover
    uid: int
    identity: Optional[removal.FileIdentity] = None
    start: str = ""


def own(roots: Collection[str]) -> tuple[Leftover, ...]:
    """Return the leftovers of this user that may be removed; `roots` are homes of PyTriton's."""
    traces = unoccupied(find(roots, (os.geteuid(),)))
    return tuple(trace.leftover for trace in traces if not trace.leftover.kept)


def find(roots: Collection[str], uids: Collection[int]) -> tuple[Trace, ...]:
    """Return all leftovers of these users, including those that are kept."""
    servers = [server for server in tritonservers.servers() if server.uid in uids]
    orphans = [server for server in servers if server.orphan]
    lone_stubs = [stub for stub in stubs.orphans() if stub.uid in uids]
    workspaces = list(_workspaces(roots, (*orphans, *lone_stubs), uids))
    return (
        *(_process("server", server) for server in orphans),
        *(_process("stub", stub) for stub in lone_stubs),
        *_segments((*orphans, *lone_stubs), uids),
        *workspaces,
        *_model_files(workspaces, (*servers, *lone_stubs), uids),
    )


def unoccupied(traces: Collection[Trace]) -> tuple[Trace, ...]:
    """Return traces without the folders that a living process is in, unless it is to be ended itself."""
    folders = [trace.leftover.where for trace in traces if _may_be_occupied(trace.leftover)]
    if not folders:
        return tuple(traces)
    orphans = [int(trace.leftover.where) for trace in traces if trace.leftover.kind in PROCESSES]
    occupied = occupants.occupied(folders, occupants.with_children(orphans))
    return tuple(trace for trace in traces if trace.leftover.where not in occupied)


def _may_be_occupied(leftover: Leftover) -> bool:
    return leftover.kind not in (*PROCESSES, "segment") and not leftover.kept


def environment_folders(uids: Collection[int]) -> Iterator[Trace]:
    """Yield the folders that Triton's python backend makes for environments and leaves empty when killed.

    Their names say nothing of whose they are, so they count only where every living tritonserver is an
    orphan; where other containers are not visible, only old ones count.
    """
    orphans = [server for server in tritonservers.servers() if server.orphan and server.uid in uids]
    if set(tritonservers.tritonservers()) - {server.pid for server in orphans}:
        return
    age = SETTLED_S if tritonservers.all_processes_are_seen() else _OLD_S
    for path in pytriton_traces.environment_folders():
        info = _stat(path)
        if info is None or info.st_uid not in uids or time.time() - info.st_mtime < age:
            continue
        if is_local(path) and _is_empty_folder(path):
            holder = next((server.pid for server in orphans if server.uid == info.st_uid), 0)
            yield trace("environment-folder", path, info, 0, holder)


def is_still(trace: Trace, roots: Collection[str]) -> bool:
    """Whether a file or folder still is what it was when it was found, and unused."""
    leftover, path = trace.leftover, trace.leftover.where
    if removal.identity(path) != trace.identity:
        return False
    if leftover.kind == "segment":
        return _is_segment(path, trace.uid) and unused(path) is True
    if occupants.occupied([path]):
        return False
    if leftover.kind == "workspace":
        homes = {*roots, os.path.dirname(path)}
        return (
            not dead_workspaces.is_used(path) and not dead_workspaces.why_kept(path, trace.uid, homes)[0]
        )
    if leftover.kind == "environment-folder":
        return _is_empty_folder(path)
    if leftover.kind == "staging":
        return staging.is_free(path)
    workspace = _workspace_of_model(path, trace.uid)
    if not workspace or any(used_files(path)) or _why_model_kept(path, trace.uid)[0]:
        return False
    if os.path.lexists(workspace):
        return not dead_workspaces.is_used(workspace)
    return not tritonservers.one_is_out_of_sight()


def trace(
    kind: LeftoverKind,
    path: str,
    info: os.stat_result,
    size: int,
    holder: int = 0,
    kept: tuple[KeptReason, str] = _KEEP_NOTHING,
) -> Trace:
    """Return a file or folder as a leftover, with its identity."""
    leftover = Leftover(kind, path, size, tritonservers.user_name(info.st_uid), holder, *kept)
    return Trace(leftover, info.st_uid, removal.identity_of(info))


def _process(kind: LeftoverKind, server: tritonservers.Server) -> Trace:
    leftover = Leftover(kind, str(server.pid), user=tritonservers.user_name(server.uid))
    return Trace(leftover, server.uid, start=server.start)


def _segments(orphans: Collection[tritonservers.Server], uids: Collection[int]) -> Iterator[Trace]:
    folder = os.path.realpath(pytriton_traces.SHARED_MEMORY)
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
    """Whether it is a regular file that PyTriton's server or its TensorStore wrote."""
    info, name = _stat(path), os.path.basename(path)
    if info is None or not stat.S_ISREG(info.st_mode) or info.st_nlink != 1 or info.st_uid != uid:
        return False
    if pytriton_traces.is_server_segment(name):
        return True
    return pytriton_traces.is_tensor_segment(name) and _is_tensor(path)


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
    roots: Collection[str], orphans: Collection[tritonservers.Server], uids: Collection[int]
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


def _homes_of(server: tritonservers.Server) -> set[str]:
    """Return the folders in which a server's own variables put workspaces."""
    variables = proc.variables(server.pid)
    if not variables:
        return set()
    return {pytriton_home(Files(), variables, "/", named=named)[0] for named in (True, False)}


def _model_files(
    workspaces: Collection[Trace], servers: Collection[tritonservers.Server], uids: Collection[int]
) -> Iterator[Trace]:
    """Yield the folders into which a tritonserver put a model of a dead or vanished workspace."""
    dead = {(workspace.leftover.where, workspace.uid) for workspace in workspaces}
    used = {dead_workspaces.of_program(server.program) for server in servers}
    models = list(_models(uids))
    vanished = {
        folder for folder, info, workspace in models
        if workspace not in used and _has_vanished(workspace, info)
    }  # fmt: skip
    if vanished and tritonservers.one_is_out_of_sight(_to_be_ended(servers)):
        vanished.clear()  # a container may see what is not to be seen here
    for folder, info, workspace in models:
        if (workspace, info.st_uid) not in dead and folder not in vanished:
            continue
        kept = _why_model_kept(folder, info.st_uid)
        if kept[0] or not any(used_files(folder)):
            yield trace("model-files", folder, info, size_of(folder), 0, kept)


def _models(uids: Collection[int]) -> Iterator[tuple[str, os.stat_result, str]]:
    """Yield the folders of models that these users' servers made, and the workspaces that they name."""
    for folder in pytriton_traces.model_folders():
        info = _stat(folder)
        if info is None or not stat.S_ISDIR(info.st_mode) or info.st_uid not in uids:
            continue
        workspace = _workspace_of_model(folder, info.st_uid)
        if workspace and is_local(folder):
            yield folder, info, workspace


def _has_vanished(workspace: str, folder: os.stat_result) -> bool:
    """Whether the workspace of a model's folder is gone, not just about to be made."""
    is_settled = time.time() - folder.st_mtime > SETTLED_S
    return is_settled and tritonservers.all_processes_are_seen() and not os.path.lexists(workspace)


def _to_be_ended(servers: Collection[tritonservers.Server]) -> set[int]:
    return occupants.with_children([server.pid for server in servers if server.orphan])


def _why_model_kept(folder: str, uid: int) -> tuple[KeptReason, str]:
    return removal.why_not_removable(folder, uid) or strangers.in_model(folder)


def _workspace_of_model(folder: str, uid: int) -> str:
    """Return the workspace that the configuration of a model names; "" where there is none."""
    path = f"{folder}/{pytriton_traces.CONFIG}"
    try:
        config = reading.read_text(path, reading.Limit.TINY, follow=False, owner=uid)
    except OSError:
        return ""
    return pytriton_traces.workspace_in(config) or ""


def _is_empty_folder(path: str) -> bool:
    try:
        return not os.path.islink(path) and not os.listdir(path)
    except OSError:
        return False


def size_of(folder: str) -> int:
    """Return the disk space that a folder takes, in bytes; less where part of it cannot be read."""
    total = 0
    try:
        for entry in reading.walk(folder):
            total += entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        pass
    return total


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None
