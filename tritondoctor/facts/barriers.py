"""Where permissions keep this user from what it looked for."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, Optional

from tritondoctor.facts.machine.model import Barrier
from tritondoctor.loader import Files

_MOST, _MOST_BLOCKED, _MOST_LINKS = 100, 10, 40


def barriers(files: Files) -> tuple[Barrier, ...]:
    """The folders and files whose permissions denied what these files were asked, each once."""
    blocked: dict[str, list[str]] = defaultdict(list)
    for path in outermost(files.denied):
        place = _first_closed(files, os.path.normpath(path))
        if place is not None:
            blocked[place].append(path)
    found = (_barrier(files, place, paths) for place, paths in blocked.items())
    return tuple(barrier for barrier in found if barrier is not None)[:_MOST]


def outermost(paths: Iterable[str]) -> Iterator[str]:
    """The paths that lie below no other of them."""
    last = None
    for path in sorted(paths, key=lambda path: path.split("/")):
        if last is None or not path.startswith(last + "/"):
            last = path
            yield path


def _first_closed(files: Files, path: str, links: int = _MOST_LINKS) -> Optional[str]:
    """The first folder on the way that cannot be entered; the path itself where all can."""
    here = ""
    parts = path.strip("/").split("/")
    for number, part in enumerate(parts):
        place = f"{here}/{part}"
        try:
            files.stat(place)
        except PermissionError:
            target = _target(files, place)
            if target is None or not links:
                return here or "/"
            rest = os.path.join(here or "/", target, *parts[number + 1 :])
            return _first_closed(files, os.path.normpath(rest), links - 1)
        except OSError:
            return None
        here = place
    return here


def _target(files: Files, place: str) -> Optional[str]:
    try:
        return files.readlink(place)
    except OSError:
        return None  # no link, or out of reach itself


def _barrier(files: Files, place: str, paths: list[str]) -> Optional[Barrier]:
    try:
        stat = files.stat(place)
    except OSError:
        return None
    kind: Literal["folder", "file"] = "folder" if stat.kind == "dir" else "file"
    return Barrier(place, kind, f"{stat.mode & 0o7777:o}", stat.owner, tuple(paths[:_MOST_BLOCKED]))
