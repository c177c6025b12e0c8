"""Workspaces of dead PyTritons, and which of them are provably PyTriton's own.

A workspace is a temporary folder in PyTriton's home into which the server was copied.  Releases before
0.4 run the server out of the installed package, and a user may name any folder: neither is a leftover.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection
from typing import Optional

from tritondoctor.facts.machine import strangers
from tritondoctor.facts.machine.model import KeptReason
from tritondoctor.support import proc, pytriton_traces, removal
from tritondoctor.support.mounts import is_local
from tritondoctor.support.pytriton_traces import SERVER, STUB
from tritondoctor.support.usage import unused, used_files

#: a start has opened all that it has made by then
SETTLED_S = 120.0


def in_homes(homes: Collection[str]) -> list[str]:
    """Return the folders in PyTriton's homes that bear the name of a workspace."""
    return sorted({path for home in homes for path in pytriton_traces.workspaces(home)})


def of_program(program: str) -> str:
    """Return the folder that a server or stub was started from; "" where its program is not visible."""
    name = next((name for name in (SERVER, STUB) if program.endswith(f"/{name}")), "")
    return program[: -len(name) - 1] if name else ""


def is_used(workspace: str) -> bool:
    """Whether a process uses a workspace, or may do so."""
    programs = [path for name in (SERVER, STUB) if os.path.lexists(path := f"{workspace}/{name}")]
    sockets = os.fsdecode(proc.read_path("/proc/net/unix"))
    if any(unused(path) is not True for path in programs) or workspace in sockets:
        return True
    return any(used_files(workspace))


def is_settled(workspace: str) -> bool:
    """Whether it is older than a start takes, and no other machine can be using it."""
    server = f"{workspace}/tritonserver"
    changed = max(_mtime(path) for path in (workspace, server, f"{server}/backends/python"))
    return time.time() - changed > SETTLED_S and is_local(workspace)


def why_kept(workspace: str, uid: int, homes: Collection[str]) -> tuple[KeptReason, str]:
    """Return why a folder that a server ran from is not removed, and the file in it that is the reason.

    The reason is "" where the folder is whole and provably PyTriton's own.
    """
    home, name = os.path.split(workspace)
    if _installed(workspace):
        return "installed", ""
    if not pytriton_traces.is_workspace_name(name):
        return "other-name", ""
    if home not in homes:
        return "other-place", ""
    if not _is_home_of(home, uid):
        return "home-of-another-user", ""
    if not _is_program(f"{workspace}/{SERVER}", uid):
        return "no-server", SERVER
    return removal.why_not_removable(workspace, uid) or strangers.in_workspace(workspace)


def _installed(path: str) -> bool:
    """Whether the place belongs to a package manager: pip and the like, conda, dpkg or rpm."""
    parts = path.split("/")
    if {"site-packages", "dist-packages"} & set(parts) or parts[1] in ("usr", "lib", "lib64", "bin"):
        return True
    above = os.path.dirname(path)
    import glob

    if glob.glob(f"{glob.escape(above)}/*.dist-info") or glob.glob(f"{glob.escape(above)}/*.egg-info"):
        return True
    folders = ["/".join(parts[:count]) for count in range(2, len(parts) + 1)]
    return any(os.path.isdir(f"{folder}/conda-meta") for folder in folders)


def _is_home_of(home: str, uid: int) -> bool:
    """Whether the folder is this user's or root's, so that nobody else can rename what lies in it."""
    folder = removal.identity(home)
    return folder is not None and stat.S_ISDIR(folder.kind) and folder.uid in (0, uid)


def _is_program(path: str, uid: int) -> bool:
    program: Optional[removal.FileIdentity] = removal.identity(path)
    return program is not None and stat.S_ISREG(program.kind) and program.uid == uid


def _mtime(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0
