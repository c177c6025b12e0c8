"""Workspaces of PyTritons that are dead, and which of them may be taken for PyTriton's own making.

A workspace is tempfile.TemporaryDirectory(prefix="workspace_") in PyTriton's home (PyTriton's
utils/workspace.py), into which the server was copied.  Releases before 0.4 run the server out of the
installed package, and a user may name any folder: such a place is never a leftover.
"""

from __future__ import annotations

import glob
import os
import re
import stat
import time
from collections.abc import Collection
from typing import Optional

from tritondoctor.facts.machine.volumes import file_system
from tritondoctor.support import reading, removal
from tritondoctor.support.usage import unused

#: a start that is under way has not yet opened all that it has made
SETTLED_S = 120.0
#: other machines may use these at the same time
_OF_SEVERAL_MACHINES = ("nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "9p", "afs")
_NAME = re.compile(r"workspace_[a-z0-9_]{8}")
_PROGRAM = "tritonserver/bin/tritonserver"
_STUB = "tritonserver/backends/python/triton_python_backend_stub"


def in_homes(homes: Collection[str]) -> list[str]:
    """The folders in PyTriton's homes that bear the name of a workspace."""
    found = (path for home in homes for path in glob.glob(f"{glob.escape(home)}/workspace_*"))
    return sorted({path for path in found if _NAME.fullmatch(os.path.basename(path))})


def of_program(program: str) -> str:
    """The folder that a server was started from; "" where its program is not to be seen."""
    return program[: -len(_PROGRAM) - 1] if program.endswith(f"/{_PROGRAM}") else ""


def is_used(workspace: str) -> bool:
    """Whether a process uses a workspace, or that cannot be told."""
    programs = [path for name in (_PROGRAM, _STUB) if os.path.lexists(path := f"{workspace}/{name}")]
    return any(unused(path) is not True for path in programs) or workspace in _sockets()


def is_settled(workspace: str) -> bool:
    """Whether it is older than a start takes, and no other machine may be using it."""
    own = f"{workspace}/tritonserver"
    made = [_time(path) for path in (workspace, own, f"{own}/backends/python")]
    return time.time() - max(made) > SETTLED_S and file_system(workspace) not in _OF_SEVERAL_MACHINES


def why_kept(workspace: str, uid: int, homes: Collection[str]) -> str:
    """Why a folder that a server ran from is listed only; "" where it is PyTriton's own making, whole."""
    home, name = os.path.split(workspace)
    if _installed(workspace):
        return "a package manager installed it"
    if not _NAME.fullmatch(name):
        return "PyTriton does not name its workspaces so"
    if home not in homes:
        return "it is in no home of PyTriton's"
    if not _is_home_of(home, uid):
        return "the folder above it belongs to another user"
    if not _is_program(f"{workspace}/{_PROGRAM}", uid):
        return f"it holds no {_PROGRAM} of this user's"
    return removal.why_not_removable(workspace, uid)


def _installed(path: str) -> bool:
    """Whether a package manager keeps the place: pip and its like, conda, dpkg or rpm."""
    parts = path.split("/")
    if {"site-packages", "dist-packages"} & set(parts) or parts[1] in ("usr", "lib", "lib64", "bin"):
        return True
    above = os.path.dirname(path)
    if glob.glob(f"{glob.escape(above)}/*.dist-info") or glob.glob(f"{glob.escape(above)}/*.egg-info"):
        return True
    folders = ["/".join(parts[:count]) for count in range(2, len(parts) + 1)]
    return any(os.path.isdir(f"{folder}/conda-meta") for folder in folders)


def _is_home_of(home: str, uid: int) -> bool:
    """A folder of root's with workspaces of many users must be one where none can rename another's."""
    known = removal.identity(home)
    return known is not None and stat.S_ISDIR(known.kind) and known.uid in (0, uid)


def _is_program(path: str, uid: int) -> bool:
    try:
        info = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(info.st_mode) and info.st_uid == uid


def _sockets() -> str:
    try:
        return reading.read_text("/proc/net/unix", reading.Limit.PROC)
    except OSError:
        return ""


def _time(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def identity_of(workspace: str) -> Optional[removal.Identity]:
    """What the folder is, where it is one."""
    known = removal.identity(workspace)
    return known if known is not None and stat.S_ISDIR(known.kind) else None
