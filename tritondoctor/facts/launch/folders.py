"""Where PyTriton puts its workspace, and what that place can do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Optional

from tritondoctor.facts.launch.model import FolderObstacle, LaunchFolder
from tritondoctor.facts.machine.volumes import Volume
from tritondoctor.loader import Files
from tritondoctor.support.errno_names import errno_name
from tritondoctor.support.patterns import pattern

if TYPE_CHECKING:
    from tritondoctor.facts.machine.machine import MachineFacts

Chooser = Literal["PYTRITON_HOME", "XDG_CACHE_HOME", "HOME", "Triton", "kernel"]
#: what chooses the workspace, in which PyTriton's processes have their sockets
_FOR_WORKSPACE = ("PYTRITON_HOME", "XDG_CACHE_HOME", "HOME")

_REFERENCE = pattern(r"\$(\w+|\{[^}]*\})", re.ASCII)
#: file systems in which nobody makes folders
_NOT_FOR_FILES = ("proc", "sysfs", "cgroup", "cgroup2", "devpts")


def pytriton_home(
    files: Files, variables: Mapping[str, str], cwd: str, *, named: bool
) -> tuple[str, Chooser]:
    """Return the folder of the workspaces and what chose it (PyTriton's pytriton/constants.py).

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
    chosen_by: Chooser = "PYTRITON_HOME" if given is not None else "XDG_CACHE_HOME" if cache else "HOME"

    def value(match: re.Match[str]) -> str:
        return variables.get(match.group(1).strip("{}"), match.group())

    path = _REFERENCE.sub(value, raw)
    if path == "~" or path.startswith("~/"):
        path = variables.get("HOME", os.path.expanduser("~")) + path[1:]
    return files.realpath(os.path.join(cwd, path)), chosen_by


def place(
    files: Files, machine: MachineFacts, path: str, chosen_by: Chooser, needed: int
) -> LaunchFolder:
    """Describe a folder that the launch will make or write to.  Nothing is written."""
    exists, failure = _nearest(files, path)
    volume = machine.volume(exists)
    error = "" if failure is None else errno_name(failure)
    why_not = _why_not(files, exists, volume) if failure is None else "unreachable"
    if not why_not and chosen_by in _FOR_WORKSPACE and not volume.sockets:
        why_not = "no-sockets"
    if not why_not and (error := machine.write_forbidden(exists)):
        why_not = "forbidden"
    return LaunchFolder(
        path, chosen_by, exists, not why_not, why_not, volume.noexec, volume.free, volume.free_inodes,
        needed, error, volume.kind,
    )  # fmt: skip


def _nearest(files: Files, path: str) -> tuple[str, Optional[OSError]]:
    """Return the nearest existing ancestor, and the error that keeps this user from reaching it."""
    while True:
        try:
            files.stat(path)
        except OSError as failure:
            gone = failure.errno in (errno.ENOENT, errno.EACCES) and path != "/"
            if not gone and not isinstance(failure, NotADirectoryError):
                return path, failure
            path = os.path.dirname(path)
        else:
            return path, None


def _why_not(files: Files, folder: str, volume: Volume) -> FolderObstacle:
    if not files.is_dir(folder):
        return "not-a-folder"
    if volume.kind in _NOT_FOR_FILES:
        return "kernel-file-system"
    if files.access(folder, os.W_OK | os.X_OK):
        return ""
    return "read-only" if volume.read_only else "not-writable"


def shell_breaks(path: str) -> str:
    """The first piece of a path that bash, given it unquoted, does not pass on as it is; else "".

    Triton's python backend starts its stub as `bash -c " exec <path> …"` (stub_launcher.cc).
    Patterns (`*`, `?`, `[`) that match nothing else stay as they are.
    """
    match = re.search(r"[\s'\"\\$`()<>|&;]|\{[^{}]*(?:,|\.\.)[^{}]*\}", path)
    return match.group() if match else ""
