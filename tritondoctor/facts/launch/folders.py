"""Where PyTriton puts its workspace, and what that place can do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tritondoctor.facts.machine.volumes import Volume
from tritondoctor.facts.model import LaunchFolder
from tritondoctor.loader import Files

if TYPE_CHECKING:
    from tritondoctor.facts.machine.machine import MachineFacts

_REFERENCE = re.compile(r"\$(\w+|\{[^}]*\})", re.ASCII)
#: file systems in which nobody makes folders
_NOT_FOR_FILES = ("proc", "sysfs", "cgroup", "cgroup2", "devpts")


def pytriton_home(
    files: Files, variables: Mapping[str, str], cwd: str, *, named: bool
) -> tuple[str, str]:
    """The folder of the workspaces and what chose it (PyTriton's pytriton/constants.py).

    `named`: the release reads PYTRITON_HOME (0.4 and later); before, it was `Path.home()`'s cache.

    An unset variable stays in the path as it is written: with HOME unset that is `$HOME/.cache`,
    below the working directory.
    """
    if not named:
        own = variables.get("HOME") or os.path.expanduser("~")
        return files.realpath(os.path.join(cwd, own, ".cache/pytriton")), "HOME"
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
    return files.realpath(os.path.join(cwd, path)), chosen_by


def place(files: Files, machine: MachineFacts, path: str, chosen_by: str, needed: int) -> LaunchFolder:
    """What is known of a folder that the launch will make or write to.  Nothing is written."""
    exists, problem = _nearest(files, path)
    volume = machine.volume(exists)
    why_not = problem or _why_not(files, exists, volume)
    return LaunchFolder(
        path, chosen_by, exists, not why_not, why_not, volume.noexec, volume.free, volume.free_inodes,
        needed,
    )  # fmt: skip


def _nearest(files: Files, path: str) -> tuple[str, str]:
    """The nearest ancestor that exists, and what the kernel says where it cannot be looked at."""
    while True:
        try:
            files.stat(path)
        except OSError as failure:
            gone = failure.errno in (errno.ENOENT, errno.EACCES) and path != "/"
            if not gone and not isinstance(failure, NotADirectoryError):
                return path, failure.strerror or str(failure)
            path = os.path.dirname(path)
        else:
            return path, ""


def _why_not(files: Files, folder: str, volume: Volume) -> str:
    if not files.is_dir(folder):
        return f"{folder} is not a folder"
    if volume.kind in _NOT_FOR_FILES:
        return f"{folder} lies in a file system of the kernel"
    if files.access(folder, os.W_OK | os.X_OK):
        return ""
    if volume.read_only:
        return f"{folder} is on a read-only file system"
    return f"{folder} is not writable for this user"


def shell_breaks(path: str) -> str:
    """The first piece of a path that bash, given it unquoted, does not pass on as it is; else "".

    Triton's python backend starts its stub as `bash -c " exec <path> …"` (stub_launcher.cc).
    Patterns (`*`, `?`, `[`) that match nothing else stay as they are.
    """
    match = re.search(r"[\s'\"\\$`()<>|&;]|\{[^{}]*(?:,|\.\.)[^{}]*\}", path)
    return match.group() if match else ""
