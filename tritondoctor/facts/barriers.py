"""Where permissions keep this user from what it looked for."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, Optional

from tritondoctor.facts.model import Barrier
from tritondoctor.loader import Files

_MOST, _MOST_BLOCKED = 100, 10


def barriers(files: Files) -> tuple[Barrier, ...]:
    """The folders and files whose permissions denied what these files were asked, each once."""
    blocked: dict[str, list[str]] = defaultdict(list)
    for path in sorted(files.denied):
        place = _first_closed(files, files.realpath(path))
        if place is not None:
            blocked[place].append(path)
    found = (_barrier(files, place, paths) for place, paths in blocked.items())
    return tuple(barrier for barrier in found if barrier is not None)[:_MOST]


def _first_closed(files: Files, path: str) -> Optional[str]:
    """The first folder on the way that cannot be entered; the path itself where all can."""
    here = ""
    for part in path.strip("/").split("/"):
        try:
            files.stat(f"{here}/{part}")
        except PermissionError:
            return here or "/"
        except OSError:
            return None
        here = f"{here}/{part}"
    return here


def _barrier(files: Files, place: str, paths: list[str]) -> Optional[Barrier]:
    try:
        stat = files.stat(place)
    except OSError:
        return None
    kind: Literal["folder", "file"] = "folder" if stat.kind == "dir" else "file"
    return Barrier(place, kind, f"{stat.mode & 0o7777:o}", stat.owner, tuple(paths[:_MOST_BLOCKED]))
