"""Who changed a path while a package manager was at work: the manager, or somebody else.

A person works on in an environment that is being repaired, and long after a repair that was killed.
The manager's are the paths of its plan, those that the records of the packages name that came or went,
and what it keeps for itself.  What else changed while it ran may be a person's: it is kept.  What
changed later is not touched at all.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import Literal, NamedTuple, Optional

from tritondoctor.remedies.packages import files_of_record

Author = Literal["manager", "unknown", "later"]
_RECORDS = "conda-meta"
#: as conda (conda/base/constants.py, CONDA_TEMP_EXTENSIONS) and mamba name what they move aside
_SET_ASIDE = (".c~", ".trash", ".conda_trash", ".mamba_trash")


class Authorship(NamedTuple):
    """The paths below a prefix that are its package manager's, and when it was last seen at work."""

    paths: frozenset[str]
    until: Optional[float] = None

    def author_of(self, prefix: str, path: str) -> Author:
        """Who made what is at that path now, below that prefix, or took it away."""
        if path.endswith(".pyc") and os.path.basename(os.path.dirname(path)) == "__pycache__":
            return "manager"  # Python makes these again
        try:
            info = os.lstat(os.path.join(prefix, path))
        except FileNotFoundError:
            return "manager"  # nothing of anybody's is lost
        is_late = self.until is not None and info.st_ctime > self.until
        if is_late and not stat.S_ISDIR(info.st_mode):  # of a folder only an empty one is removed
            return "later"
        if stat.S_ISDIR(info.st_mode) or _is_record(path) or _without_suffix(path) in self.paths:
            return "manager"
        return "unknown"


def authorship(
    prefix: str,
    planned: Iterable[str],
    changed: Iterable[tuple[str, Optional[str]]],
    until: Optional[float] = None,
) -> Authorship:
    """That of the changes in a prefix: (path below it, its copy from before or None where it is new)."""
    records = [
        record
        for path, kept in changed
        if _is_record(path) and path.endswith(".json")
        for record in (os.path.join(prefix, path), kept)
        if record is not None
    ]
    named = (os.path.normpath(name) for record in records for name in files_of_record(record))
    return Authorship(frozenset([*planned, *named]), until)


def _is_record(path: str) -> bool:
    return path.partition("/")[0] == _RECORDS


def _without_suffix(path: str) -> str:
    for suffix in _SET_ASIDE:
        stem, found, _ = path.rpartition(suffix)
        if found:
            return stem
    return path
