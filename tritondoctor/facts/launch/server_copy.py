"""PyTriton's copy of its server into the workspace, as shutil.copytree would make it.

Links are followed (CPython's Lib/shutil.py, `_copytree`): one that leads nowhere, a folder that holds
itself, what is neither file nor folder, and what may not be read end the start with shutil.Error.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import NamedTuple

from tritondoctor.facts.model import Uncopyable
from tritondoctor.loader import Files
from tritondoctor.support.reading import Unreadable

_BLOCK = 4096
#: PyTriton 0.7.0 has 24 entries, 4 deep
_MOST, _DEEPEST = 20_000, 64


class Copied(NamedTuple):
    """What the copy takes in bytes, block by block; its largest file; and what cannot be copied."""

    size: int
    largest: int
    problems: tuple[Uncopyable, ...]


class _Entry(NamedTuple):
    path: str
    kind: str  # "dir", or "file", or "" for a problem
    size: int
    problem: str


def copied(files: Files, folder: str, ignored: frozenset[str], stub: str) -> Copied:
    """The copy of a folder without the ignored names, and of the stub."""
    found = [*itertools.islice(_entries(files, folder, ignored), _MOST + 1)]
    if len(found) > _MOST:
        files.leave_out(folder, f"has more than {_MOST:,} entries")
    if files.exists(stub):
        found.append(_entry(files, stub))
    return Copied(
        sum(_BLOCK if one.kind == "dir" else -(-one.size // _BLOCK) * _BLOCK for one in found),
        max((one.size for one in found if one.kind == "file"), default=0),
        tuple(Uncopyable(one.path, one.problem) for one in found if one.problem),
    )


def _entries(files: Files, base: str, ignored: frozenset[str]) -> Iterator[_Entry]:
    waiting = [(base, frozenset[str]())]
    while waiting:
        folder, above = waiting.pop()
        real = files.realpath(folder)
        if any(place == real or _inside(place, real) for place in above):
            yield _Entry(folder, "", 0, "is a folder that holds itself")
            continue
        if above and not _inside(real, files.realpath(base)):
            files.leave_out(folder, f"is a link to {real}, which PyTriton copies with all that is in it")
            continue
        if len(above) == _DEEPEST:
            files.leave_out(folder, f"lies below {_DEEPEST} folders")
            continue
        inside = [*_listing(files, folder, ignored)]
        yield from inside
        waiting += [(one.path, above | {real}) for one in reversed(inside) if one.kind == "dir"]


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _listing(files: Files, folder: str, ignored: frozenset[str]) -> Iterator[_Entry]:
    try:
        names = files.listdir(folder, _MOST)
    except OSError as failure:
        if not isinstance(failure, Unreadable):
            yield _Entry(folder, "", 0, f"cannot be read ({failure.strerror})")
        return
    for name in names:
        if name not in ignored:
            yield _entry(files, os.path.join(folder, name))


def _entry(files: Files, path: str) -> _Entry:
    try:
        stat = files.stat(path)
    except OSError as failure:
        return _Entry(path, "", 0, f"is a link to nowhere ({failure.strerror})")
    if stat.kind == "dir":
        return _Entry(path, "dir", 0, "")
    if stat.kind != "file":
        return _Entry(path, "", 0, "is neither a file nor a folder")
    problem = "" if files.access(path, os.R_OK) else "may not be read by this user"
    return _Entry(path, "file", stat.size, problem)
