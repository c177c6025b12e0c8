"""Where a module would be imported from.

Follows importlib's own path finder (CPython's Lib/importlib/_bootstrap_external.py): per entry of the
search path a package, then an extension module, a source file, bytecode; a folder without `__init__`
is remembered as a namespace.  Only a file counts: a broken link and a folder do not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Optional

import msgspec

from tritondoctor.facts.imports.model import ImportReason
from tritondoctor.facts.imports.module_cache import ModuleCache

#: how a module is missed, and the path of what is there instead
NearMiss = tuple[ImportReason, str]


class ModuleLocation(msgspec.Struct, frozen=True):
    """Where a module lies: `kind` as in importlib, `entry` the element of the search path."""

    kind: str  # "package" | "source" | "extension" | "bytecode" | "namespace" | "builtin"
    path: str
    folders: tuple[str, ...]
    entry: str


#: levels of packages; Python's own import of a thousand is a RecursionError
_DEEPEST = 100


class Finder:
    """The module search of one process; `builtin` are the modules in its libpython."""

    def __init__(self, sources: ModuleCache, search_path: Sequence[str], builtin: Iterable[str]) -> None:
        self.sources = sources
        self.search_path = tuple(search_path)
        self.builtin = frozenset(builtin)
        self._suffixes = (*sources.extension_suffixes, ".py", ".pyc")
        self._found: dict[str, Optional[ModuleLocation]] = {}

    def find(self, name: str) -> Optional[ModuleLocation]:
        """Where `name` would be imported from; its parents must have been found."""
        if name not in self._found:
            self._found[name] = self._find(name) if name.count(".") <= _DEEPEST else None
        return self._found[name]

    def _find(self, name: str) -> Optional[ModuleLocation]:
        parent, _, last = name.rpartition(".")
        if not parent and last in self.builtin:
            return ModuleLocation("builtin", "", (), "")
        if parent:
            above = self.find(parent)
            entries: Sequence[str] = above.folders if above else ()
        else:
            entries = self.search_path
        namespace: list[str] = []
        for entry in entries:
            location = self.in_folder(entry, last)
            if location is not None and location.kind != "namespace":
                return location
            if location is not None:
                namespace.append(location.path)
        return ModuleLocation("namespace", namespace[0], tuple(namespace), "") if namespace else None

    def in_folder(self, entry: str, last: str) -> Optional[ModuleLocation]:
        """The module `last` in one entry of a search path."""
        known, key = self.sources.locations, (entry, last)
        if key not in known:
            known[key] = self._in_folder(entry, last)
        return known[key]

    def _in_folder(self, entry: str, last: str) -> Optional[ModuleLocation]:
        names = self.sources.names(entry)
        folder = os.path.join(entry, last)
        if last in names:
            init = self._file(folder, "__init__", unlisted=self._is_unlisted(folder))
            if init is not None:
                suffix, path = init
                return ModuleLocation(
                    "package" if suffix == ".py" else _kind(suffix), path, (folder,), entry
                )
        module = self._file(entry, last)
        if module is not None:
            suffix, path = module
            return ModuleLocation(_kind(suffix), path, (), entry)
        if last in names and self.sources.is_dir(folder):
            return ModuleLocation("namespace", folder, (folder,), entry)
        return None

    def _is_unlisted(self, folder: str) -> bool:
        """Whether a folder may not be listed: its `__init__` is asked for by name, what else is in it is
        not found (`FileFinder._fill_cache`).
        """
        return not self.sources.names(folder) and folder in self.sources.files.denied

    def _file(self, folder: str, stem: str, *, unlisted: bool = False) -> Optional[tuple[str, str]]:
        """(suffix, path) of the file that importlib takes for a module of that name in a folder."""
        names = self.sources.names(folder)
        for suffix in self._suffixes:
            if unlisted or stem + suffix in names:
                path = os.path.join(folder, stem + suffix)
                if self.sources.is_file(path) and not self._is_packed(path, suffix):
                    return suffix, path
        return None

    def _is_packed(self, path: str, suffix: str) -> bool:
        """Whether it is a compiled module in a zip file, of which zipimport knows none."""
        return suffix not in (".py", ".pyc") and self.sources.archive_of(path) != ""

    def near_miss(self, name: str) -> Optional[NearMiss]:
        """What stands in place of a missing module: a name that is no file, or a module built for
        another Python.
        """
        parent, _, last = name.rpartition(".")
        above = self.find(parent) if parent else None
        folders = above.folders if above else (() if parent else self.search_path)
        for folder in folders:
            inner = os.path.join(folder, last)
            for place, stem in ((folder, last), (inner, "__init__")):
                names = self.sources.names(place)
                for path in (os.path.join(place, stem + suffix) for suffix in self._suffixes):
                    if os.path.basename(path) not in names:
                        continue
                    if self.sources.archive_of(path):
                        return "in-archive", path
                    if not self.sources.files.is_file(path):
                        return "folder" if self.sources.files.is_dir(path) else "broken-link", path
            for other in sorted(self.sources.names(folder)):
                if other.startswith(last + ".") and other.endswith(".so"):
                    return "other-python", os.path.join(folder, other)
        return None

    def built_for_another(self, importer: str) -> NearMiss:
        """Where the importing file stands in for an extension module that is built for another Python."""
        folder, name = os.path.split(importer)
        if not folder or name.endswith(".so"):  # it loads
            return "", ""
        stem = name.partition(".")[0]
        for other in sorted(self.sources.names(folder)):
            if other.startswith(stem + ".") and other.endswith(".so"):
                return "other-python", os.path.join(folder, other)
        return "", ""


def _kind(suffix: str) -> str:
    return {".py": "source", ".pyc": "bytecode"}.get(suffix, "extension")
