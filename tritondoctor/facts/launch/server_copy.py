"""PyTriton's copy of its server into the workspace, as shutil.copytree would make it.

Links are followed (CPython's Lib/shutil.py, `_copytree`): one that leads nowhere, a folder that holds
itself, what is neither file nor folder, and what may not be read end the start with shutil.Error.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Literal, Optional

import msgspec

from tritondoctor.facts.launch.model import Uncopyable, UncopyableState
from tritondoctor.loader import Files
from tritondoctor.support.reading import Unreadable

#: file systems give space by the block
BLOCK = 4096
#: PyTriton 0.7.0 has 24 entries, 4 deep
_MOST, _DEEPEST = 20_000, 64


class Copied(msgspec.Struct, frozen=True):
    """What the copy takes in bytes, block by block; its largest file; and what cannot be copied."""

    size: int
    largest: int
    problems: tuple[Uncopyable, ...]


class _Entry(msgspec.Struct, frozen=True):
    path: str
    kind: Literal["dir", "file", "problem"]
    size: int = 0
    problem: Optional[Uncopyable] = None


def copied(files: Files, folder: str, ignored: frozenset[str], stub: str) -> Copied:
    """The copy of a folder without the ignored names, and of the stub."""
    entries = [*itertools.islice(_entries(files, folder, ignored), _MOST + 1)]
    if len(entries) > _MOST:
        files.leave_out(folder, f"has more than {_MOST:,} entries")
    if files.exists(stub):
        entries.append(_entry(files, stub))
    return Copied(
        sum(BLOCK if entry.kind == "dir" else -(-entry.size // BLOCK) * BLOCK for entry in entries),
        max((entry.size for entry in entries if entry.kind == "file"), default=0),
        tuple(entry.problem for entry in entries if entry.problem is not None),
    )


def _broken(path: str, state: UncopyableState, problem: str = "") -> _Entry:
    return _Entry(path, "problem", problem=Uncopyable(path, state, problem))


def _entries(files: Files, base: str, ignored: frozenset[str]) -> Iterator[_Entry]:
    waiting = [(base, frozenset[str]())]
    while waiting:
        folder, above = waiting.pop()
        real = files.realpath(folder)
        if any(place == real or _inside(place, real) for place in above):
            yield _broken(folder, "loop")
            continue
        if above and not _inside(real, files.realpath(base)):
            files.leave_out(folder, f"is a link to {real}, which PyTriton copies with all that is in it")
            continue
        if len(above) == _DEEPEST:
            files.leave_out(folder, f"lies below {_DEEPEST} folders")
            continue
        inside = [*_listing(files, folder, ignored)]
        yield from inside
        waiting += [(entry.path, above | {real}) for entry in reversed(inside) if entry.kind == "dir"]


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _listing(files: Files, folder: str, ignored: frozenset[str]) -> Iterator[_Entry]:
    try:
        names = files.listdir(folder, _MOST)
    except OSError as failure:
        if not isinstance(failure, Unreadable):
            yield _broken(folder, "unreadable", failure.strerror or "")
        return
    for name in names:
        if name not in ignored:
            yield _entry(files, os.path.join(folder, name))


def _entry(files: Files, path: str) -> _Entry:
    try:
        stat = files.stat(path)
    except OSError as failure:
        return _broken(path, "broken-link", failure.strerror or "")
    if stat.kind == "dir":
        return _Entry(path, "dir")
    if stat.kind != "file":
        return _broken(path, "special")
    permitted = files.access(path, os.R_OK)
    problem = None if permitted else Uncopyable(path, "not-permitted")
    return _Entry(path, "file", stat.size, problem)
