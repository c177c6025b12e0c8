"""Files that hide another module of their name by accident."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Optional

import msgspec

from tritondoctor.facts.imports.finder import Finder, ModuleLocation
from tritondoctor.facts.imports.statements import defined_names
from tritondoctor.facts.imports.uses import names_at_import, names_used

#: modules of which a start needs no more than what is used while others are imported: each was hidden
#: by an empty file, and PyTriton 0.7.0 on Python 3.11 served
NOT_CALLED = frozenset(
    {
        "aiohttp", "brotli", "bz2", "csv", "getpass", "gzip", "idna", "lzma", "mimetypes", "ml_dtypes",
        "ntpath", "pkgutil", "runpy", "stringprep", "typing_inspect", "zipfile",
    }
)  # fmt: skip


class Hiding(msgspec.Struct, frozen=True):
    """The file that answers to a name, the one that it hides, and the names that it defines."""

    path: str
    hidden: str
    names: frozenset[str]


class Shadows:
    """Looks at the modules that come from `suspects`, entries before the interpreter's own."""

    def __init__(self, finder: Finder, suspects: Iterable[str], preloaded: Iterable[str]) -> None:
        self.finder = finder
        self.suspects = frozenset(suspects)
        self.preloaded = frozenset(preloaded)
        self._known: dict[str, Optional[Hiding]] = {}

    def of(self, name: str) -> Optional[Hiding]:
        """What the top-level module `name` hides; None where it hides nothing."""
        if name not in self._known:
            self._known[name] = self._of(name)
        return self._known[name]

    def of_part(self, name: str, part: str) -> Optional[Hiding]:
        """What a package hides whose names are not known, where the real one has the module `part`.  That
        is often a namespace, a folder without an `__init__` in several places, as google and zope are.
        """
        location = self._suspect(name)
        other = self._behind(name, location) if location else None
        if location is None or other is None:
            return None
        places = other.folders or (other.path,)
        if not any(self.finder.in_folder(place, part) for place in places):
            return None
        if any(self._is_same(place, own) for place in places for own in location.folders):
            return None
        return Hiding(location.path, other.path, frozenset())

    def _of(self, name: str) -> Optional[Hiding]:
        location = self._suspect(name)
        other = self._behind(name, location, but="namespace") if location else None
        if location is None or other is None or self._is_same(other.path, location.path):
            return None  # the same place twice on the search path
        try:
            names = defined_names(self.finder.sources.text(location.path))
        except (OSError, ValueError, SyntaxError):
            return None
        if names is None:
            return None
        for folder in location.folders:
            names |= {item.partition(".")[0] for item in self.finder.sources.names(folder)}
        return Hiding(location.path, other.path, frozenset(names))

    def _suspect(self, name: str) -> Optional[ModuleLocation]:
        """Where the module lies, if it comes from a suspect."""
        location = self.finder.find(name)
        if location is None or location.kind not in ("source", "package"):
            return None
        return None if location.entry not in self.suspects or name in self.preloaded else location

    def _behind(self, name: str, location: ModuleLocation, but: str = "") -> Optional[ModuleLocation]:
        """The next one of that name on the search path, of another kind than `but`."""
        path = self.finder.search_path
        behind = path[path.index(location.entry) + 1 :]
        others = (self.finder.in_folder(entry, name) for entry in behind)
        return next((other for other in others if other and other.kind != but), None)

    def _is_same(self, path: str, other: str) -> bool:
        files = self.finder.sources.files
        return files.realpath(path) == files.realpath(other)

    def lacking(self, name: str, importer: str) -> list[str]:
        """What the importing file takes from a hiding module that does not have it."""
        hiding = self.of(name)
        if hiding is None or not importer:
            return []
        try:
            text = self.finder.sources.text(importer)
        except (OSError, UnicodeError):
            return []
        if name in NOT_CALLED:
            return sorted(names_at_import(text, name) - hiding.names - {"*"})
        used = names_used(text, name)
        wanted = _mentioned(text, name) if used is None else used
        return sorted(wanted - hiding.names - {"*"})


def _mentioned(text: str, name: str) -> set[str]:
    """What a source takes from a module as far as words tell, where it is no Python of this version."""
    top = re.escape(name)
    called = "|".join({top, *re.findall(rf"^\s*import {top} as (\w+)", text, re.M)})
    wanted = set(re.findall(rf"(?<![\w.])(?:{called})\.(\w+)", text))
    for taken in re.findall(rf"^\s*from {top} import \(?([^)#\n]*)", text, re.M):
        wanted |= {part.split()[0] for part in taken.split(",") if part.split()}
    return wanted
