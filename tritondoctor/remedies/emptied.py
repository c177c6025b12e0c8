"""What goes with the files of a package: their bytecode, and the folders that then hold nothing."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator

_CACHE = "__pycache__"


def bytecode(paths: Collection[str]) -> Iterator[str]:
    """What Python compiled from modules among `paths`, whoever wrote it down or not."""
    for path in paths:
        folder, name = os.path.split(path)
        stem, suffix = os.path.splitext(name)
        if suffix == ".py":
            yield from glob.iglob(f"{glob.escape(os.path.join(folder, _CACHE, stem))}.*.pyc")


def folders(removed: Collection[str], kept: Collection[str], prefix: str = "") -> list[str]:
    """The folders that hold nothing once the files in `removed` are gone and those in `kept` are there,
    the innermost first: folders below a site-packages, and below `prefix` where one is given.
    """
    gone = set(removed)
    needed = {above for path in kept for above in _above(path, prefix)}
    emptied = []
    candidates = {above for path in removed for above in _above(path, prefix)}
    for folder in sorted(candidates, key=len, reverse=True):
        if folder not in needed and _entries(folder) <= gone:
            gone.add(folder)
            emptied.append(folder)
    return emptied


def _above(path: str, prefix: str) -> Iterator[str]:
    folder = os.path.dirname(path)
    while folder.startswith(f"{prefix}/") and os.path.basename(folder) not in (
        "site-packages",
        "dist-packages",
        "",
    ):
        yield folder
        folder = os.path.dirname(folder)


def _entries(folder: str) -> set[str]:
    """What a real folder holds; of a link, or of one that cannot be read, more than anybody removes."""
    try:
        names = [] if os.path.islink(folder) else os.listdir(folder)
    except OSError:
        names = []
    return {os.path.join(folder, name) for name in names} or {folder}
