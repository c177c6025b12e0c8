"""Where PyTriton puts its workspace, and what that place can do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping

from tritondoctor.facts.model import LaunchFolder
from tritondoctor.support.reading import Limit, read_text

_REFERENCE = re.compile(r"\$(\w+|\{[^}]*\})", re.ASCII)
#: file systems in which nobody makes folders
_NOT_FOR_FILES = ("proc", "sysfs", "cgroup", "cgroup2", "devpts")


def pytriton_home(variables: Mapping[str, str], cwd: str, *, named: bool) -> tuple[str, str]:
    """The folder of the workspaces and what chose it (PyTriton's pytriton/constants.py).

    `named`: the release obeys PYTRITON_HOME (0.4 and later); before, it was `Path.home()`'s cache.

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
    chosen_by = "PYTRITON_HOME" if given is not None else "XDG_CACHE_HOME" if cache else "HOME"

    def value(match: re.Match[str]) -> str:
        return variables.get(match.group(1).strip("{}"), match.group())

    path = _REFERENCE.sub(value, raw)
    if path == "~" or path.startswith("~/"):
        path = variables.get("HOME", os.path.expanduser("~")) + path[1:]
    return os.path.realpath(os.path.join(cwd, path)), chosen_by


def place(path: str, chosen_by: str, needed: int) -> LaunchFolder:
    """What can be said of a folder that the launch will make or write to; nothing is written."""
    exists, why_not = path, ""
    while True:
        try:
            mode_ok = os.stat(exists)
            break
        except NotADirectoryError:
            exists = os.path.dirname(exists)
        except OSError as failure:
            if failure.errno not in (errno.ENOENT, errno.EACCES) or exists == "/":
                why_not = failure.strerror or str(failure)
                mode_ok = None
                break
            exists = os.path.dirname(exists)
    if mode_ok is not None and not os.path.isdir(exists):
        why_not = f"{exists} is not a folder"
    elif not why_not and file_system(exists) in _NOT_FOR_FILES:
        why_not = f"{exists} lies in a file system of the kernel"
    elif not why_not and not os.access(exists, os.W_OK | os.X_OK):
        read_only = bool(_flags(exists) & os.ST_RDONLY)
        why_not = (
            f"{exists} is on a read-only file system"
            if read_only
            else (f"{exists} is not writable for this user")
        )
    free = inodes = None
    try:
        stats = os.statvfs(exists)
        free = stats.f_bavail * stats.f_frsize
        inodes = stats.f_favail if stats.f_files else None
    except OSError:
        pass
    noexec = bool(_flags(exists) & os.ST_NOEXEC)
    return LaunchFolder(path, chosen_by, exists, not why_not, why_not, noexec, free, inodes, needed)


def _flags(path: str) -> int:
    try:
        return os.statvfs(path).f_flag
    except OSError:
        return 0


def file_system(path: str) -> str:
    """The type of the file system that holds the path, from /proc/self/mountinfo (proc(5))."""
    best, kind = "", ""
    try:
        for line in read_text("/proc/self/mountinfo", Limit.PROC).splitlines():
            before, _, after = line.partition(" - ")
            point = before.split(" ")[4].replace("\\040", " ")
            inside = path == point or path.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, after.split(" ")[0]
    except (OSError, IndexError):
        pass
    return kind


def shell_breaks(path: str) -> str:
    """The first piece of a path that bash, given it unquoted, does not pass on as it is; else "".

    Triton's python backend starts its stub as `bash -c " exec <path> …"` (stub_launcher.cc).
    Patterns (`*`, `?`, `[`) that match nothing else stay as they are.
    """
    match = re.search(r"[\s'\"\\$`()<>|&;]|\{[^{}]*(?:,|\.\.)[^{}]*\}", path)
    return match.group() if match else ""
