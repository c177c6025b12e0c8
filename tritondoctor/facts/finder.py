"""Where a module would be imported from.

Follows importlib's own path finder (CPython's Lib/importlib/_bootstrap_external.py): per entry of the
search path a package, then an extension module, a source file, bytecode; a folder without `__init__`
is remembered as a namespace.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

from tritondoctor.facts.sources import Sources

_ARCHIVES = (".zip", ".egg", ".pyz", ".whl")


class Found(NamedTuple):
    """Where a module lies: `kind` as in importlib, `entry` the element of the search path."""

    kind: str  # "package" | "source" | "extension" | "bytecode" | "namespace" | "builtin" | "archive"
    path: str
    folders: tuple[str, ...]
    entry: str


class Finder:
    """The module search of one process; `builtin` are the modules of its core."""

    def __init__(self, sources: Sources, search_path: Sequence[str], builtin: Iterable[str]) -> None:
        self.sources = sources
        self.search_path = tuple(search_path)
        self.builtin = frozenset(builtin)
        self._found: dict[str, Optional[Found]] = {}

    def find(self, name: str) -> Optional[Found]:
        """Where `name` would be imported from; its parents must have been found."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Optional[Found]:
        parent, _, last = name.rpartition(".")
        if not parent and last in self.builtin:
            return Found("builtin", "", (), "")
        if parent:
            above = self.find(parent)
            entries: Sequence[str] = above.folders if above else ()
        else:
            entries = self.search_path
        namespace: list[str] = []
        for entry in entries:
            found = self.in_folder(entry, last)
            if found is not None and found.kind != "namespace":
                return found
            if found is not None:
                namespace.append(found.path)
        return Found("namespace", namespace[0], tuple(namespace), "") if namespace else None

    def in_folder(self, entry: str, last: str) -> Optional[Found]:
        """The module `last` in one entry of a search path."""
        names = self.sources.names(entry)
        if entry.endswith(_ARCHIVES) and not names:
            inside = last in self.sources.archived(entry)
            return Found("archive", os.path.join(entry, last), (), entry) if inside else None
        folder = os.path.join(entry, last)
        if last in names:
            inner = self.sources.names(folder)
            for suffix in (*self.sources.extension_suffixes, ".py", ".pyc"):
                if "__init__" + suffix in inner:
                    path = os.path.join(folder, "__init__" + suffix)
                    kind = "package" if suffix == ".py" else _kind(suffix)
                    return Found(kind, path, (folder,), entry)
        for suffix in (*self.sources.extension_suffixes, ".py", ".pyc"):
            if last + suffix in names:
                return Found(_kind(suffix), os.path.join(entry, last + suffix), (), entry)
        if last in names and self.sources.files.is_dir(folder):
            return Found("namespace", folder, (folder,), entry)
        return None

    def near_miss(self, name: str) -> str:
        """Names the near miss: an extension module built for another Python."""
        parent, _, last = name.rpartition(".")
        above = self.find(parent) if parent else None
        folders = above.folders if above else (() if parent else self.search_path)
        for folder in folders:
            for other in sorted(self.sources.names(folder)):
                if other.startswith(last + ".") and other.endswith(".so"):
                    return f"{os.path.join(folder, other)} is built for another Python"
        return ""


def _kind(suffix: str) -> str:
    return {".py": "source", ".pyc": "bytecode"}.get(suffix, "extension")
