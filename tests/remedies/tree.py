"""What lies below a folder, so that two moments can be compared byte for byte."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

Tree = dict[str, tuple[object, ...]]
#: what a start of PyTriton or Python itself writes
NOT_OURS = ("__pycache__", "linear_quick_start.py", "listening")
_MADE_FOR_THE_WORKSPACE = (".cache", "pytriton")


def tree(folder: Path) -> Tree:
    """Path -> kind, mode, content, time of change of every entry below."""
    found: Tree = {}
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_OURS and name[:10] != "workspace_"]
        for name in (*folders, *names):
            path = os.path.join(here, name)
            info = os.lstat(path)
            if stat.S_ISLNK(info.st_mode):
                found[path] = ("link", os.readlink(path))
            elif stat.S_ISDIR(info.st_mode):
                if name in _MADE_FOR_THE_WORKSPACE:
                    continue
                found[path] = ("folder", stat.S_IMODE(info.st_mode))
            elif not stat.S_ISREG(info.st_mode):
                found[path] = ("pipe or device", info.st_mode)
            elif name not in NOT_OURS:
                content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
                found[path] = ("file", stat.S_IMODE(info.st_mode), content, info.st_mtime_ns)
    return found


def difference(before: Tree, after: Tree) -> list[str]:
    """What differs, a line each."""
    return [
        f"{path}: {before.get(path)} -> {after.get(path)}"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]
