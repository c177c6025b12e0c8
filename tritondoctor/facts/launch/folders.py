"""Where PyTriton puts its workspace, and what that place can do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from typing import Literal, Optional

from tritondoctor.facts.model import FolderObstacle, LaunchFolder
from tritondoctor.support.errors import errno_name
from tritondoctor.support.mounts import file_system

Chooser = Literal["PYTRITON_HOME", "XDG_CACHE_HOME", "HOME", "Triton", "kernel"]

_REFERENCE = re.compile(r"\$(\w+|\{[^}]*\})", re.ASCII)
#: file systems in which nobody makes folders
_NOT_FOR_FILES = ("proc", "sysfs", "cgroup", "cgroup2", "devpts")


def pytriton_home(variables: Mapping[str, str], cwd: str, *, named: bool) -> tuple[str, Chooser]:
    """Return the folder of the workspaces and what chose it (PyTriton's pytriton/constants.py).

    `named`: the release reads PYTRITON_HOME (0.4 and later); before, it was `Path.home()`'s cache.

    An unset variable stays in the path as it is written: with HOME unset that is `$HOME/.cache`,
    below the working directory.
    """
    if not named:
        own = variables.get("HOME") or os.path.expanduser("~")
        return os.path.realpath(os.path.join(cwd, own, ".cache/pytriton")), "HOME"
    given = variables.get("PYTRITON_HOME")
    cache = variables.get("XDG_CACHE_HOME")
    raw = given if given is not None else os.path.join(cache or "", "pytriton")
    if given is None and cache is None:
        raw = "$HOME/.cache/pytriton"
    chosen_by: Chooser = "PYTRITON_HOME" if given is not None else "XDG_CACHE_HOME" if cache else "HOME"

    def value(match: re.Match[str]) -> str:
        return variables.get(match.group(1).strip("{}"), match.group())

    path = _REFERENCE.sub(value, raw)
    if path == "~" or path.startswith("~/"):
        path = variables.get("HOME", os.path.expanduser("~")) + path[1:]
    return os.path.realpath(os.path.join(cwd, path)), chosen_by


def place(path: str, chosen_by: Chooser, needed: int) -> LaunchFolder:
    """Describe a folder that the launch will make or write to; nothing is written."""
    exists, failure = _nearest(path)
    why_not = "unreachable" if failure is not None else _obstacle(exists)
    free = inodes = None
    flags = 0
    try:
        stats = os.statvfs(exists)
        free, flags = stats.f_bavail * stats.f_frsize, stats.f_flag
        inodes = stats.f_favail if stats.f_files else None
    except OSError:
        pass
    return LaunchFolder(
        path,
        chosen_by,
        exists,
        not why_not,
        why_not,
        bool(flags & os.ST_NOEXEC),
        free,
        inodes,
        needed,
        "" if failure is None else errno_name(failure),
    )


def _nearest(path: str) -> tuple[str, Optional[OSError]]:
    """Return the nearest existing ancestor, and the error that keeps this user from reaching it."""
    exists = path
    while True:
        try:
            os.stat(exists)
        except NotADirectoryError:
            pass
        except OSError as failure:
            if failure.errno not in (errno.ENOENT, errno.EACCES) or exists == "/":
                return exists, failure
        else:
            return exists, None
        exists = os.path.dirname(exists)


def _obstacle(folder: str) -> FolderObstacle:
    if not os.path.isdir(folder):
        return "not-a-folder"
    if file_system(folder) in _NOT_FOR_FILES:
        return "kernel-file-system"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "read-only" if _is_read_only(folder) else "not-writable"
    return ""


def _is_read_only(folder: str) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def shell_breaks(path: str) -> str:
    """The first piece of a path that bash, given it unquoted, does not pass on as it is; else "".

    Triton's python backend starts its stub as `bash -c " exec <path> …"` (stub_launcher.cc).
    Patterns (`*`, `?`, `[`) that match nothing else stay as they are.
    """
    match = re.search(r"[\s'\"\\$`()<>|&;]|\{[^{}]*(?:,|\.\.)[^{}]*\}", path)
    return match.group() if match else ""
