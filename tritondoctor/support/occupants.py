"""Which folders living processes are in: /proc (proc(5)), of all processes that can be seen.

A container sees a folder under another path, so that a folder counts by its name, which tempfile or
mkdtemp made unique.  Standard library only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from tritondoctor.support import proc

_LINKS = ("cwd", "root", "exe")


def occupied(folders: Collection[str], but: Collection[int] = ()) -> set[str]:
    """Return those in which a process works, runs or has something open, or that its arguments name.

    `but` are processes that do not count.
    """
    names = {os.fsencode(os.path.basename(folder)) for folder in folders}
    if not names:
        return set()
    named = re.compile(rb"(?<![\w-])(" + b"|".join(map(re.escape, names)) + rb")(?![\w-])")
    used: set[bytes] = set()
    for pid in proc.pids():
        if pid not in but:
            used.update(match[1] for place in _places(pid) for match in named.finditer(place))
    return {folder for folder in folders if os.fsencode(os.path.basename(folder)) in used}


def with_children(pids: Collection[int]) -> set[int]:
    """Return processes with all that they have started."""
    if not pids:
        return set()
    parents = {row.pid: row.parent for row in map(proc.stat, proc.pids()) if row is not None}
    family = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _places(pid: int) -> Iterator[bytes]:
    yield proc.read(pid, "cmdline")
    folder = f"/proc/{pid}/fd"
    try:
        opened = [f"{folder}/{name}" for name in os.listdir(folder)]
    except OSError:
        opened = []
    for link in (*(f"/proc/{pid}/{name}" for name in _LINKS), *opened):
        try:
            yield os.fsencode(os.readlink(link))
        except OSError:
            continue
