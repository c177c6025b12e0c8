"""Sources that are not as they were installed: a copy cut short, an edit, another release laid over.

To compare sums would mean to read everything; RECORD has sizes too, and a source that is read anyway has
one (packaging specification "Recording installed projects").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Optional

from tritondoctor.facts.imports.dependencies import canonical
from tritondoctor.facts.imports.distributions import BROUGHT_BY
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

#: the tag of a wheel for this version of Python and later ones
_OF_MANY = pattern(rb"^Tag: cp(3)(\d+)-abi3-", re.M)


class RecordedSizes:
    """The sizes in the RECORDs of distributions, of which `folders` has the metadata, by their names.

    `stdlib` is the folder of Python's own library, which has no RECORD.  `changed` are the files of which
    another size was seen, with their distributions.
    """

    def __init__(self, files: Files, folders: Mapping[str, str], stdlib: str) -> None:
        self._files = files
        self._stdlib = stdlib
        self._folders = folders
        self._records: dict[str, dict[bytes, bytes]] = {}
        self._of_modules: dict[str, Optional[str]] = {}
        self.changed: dict[str, str] = {}

    def differs(self, module: str, path: str, size: Optional[int]) -> bool:
        """Whether the file of a module has another size than the one that was installed."""
        if size is None:
            return False
        recorded = self._row(module, path)
        if recorded not in (None, b"", b"%d" % size):
            folder = self._folder(module)
            assert folder is not None
            name, _, version = posixpath.basename(folder)[: -len(".dist-info")].rpartition("-")
            self.changed[path] = f"{name}=={version}"
            return True
        return False

    def has(self, module: str, path: str) -> bool:
        """Whether the file of a module was installed."""
        return self._row(module, path) is not None

    def had_more(self, module: str, path: str, size: int) -> bool:
        """Whether the file of a module, of which so many bytes are left, was installed with more; of
        Python's own library that is taken for true.
        """
        recorded = self._row(module, path)
        if recorded is None or not recorded.isdigit():
            return self.is_pythons_own(path)
        return int(recorded) > size

    def is_pythons_own(self, path: str) -> bool:
        """Whether a file belongs to Python's own library."""
        inside = bool(self._stdlib) and path.startswith(f"{self._stdlib}/")
        return inside and "-packages/" not in path

    def limited_to(self, module: str) -> tuple[int, ...]:
        """The oldest Python for which the wheel of a module was built, where it is built for all newer
        ones too (PEP 425: its tag is like cp312-abi3); () where that is not known.
        """
        folder = self._folder(module)
        try:
            wheel = self._files.read(f"{folder}/WHEEL", Limit.METADATA) if folder else b""
        except OSError:
            return ()
        least = [(int(tag[1]), int(tag[2])) for tag in _OF_MANY.finditer(wheel)]
        return min(least, default=())

    def _row(self, module: str, path: str) -> Optional[bytes]:
        """The size in the row of a module's file; None where there is no row."""
        folder = self._folder(module) if "-packages/" in path else None
        entry = posixpath.dirname(folder) + "/" if folder else ""
        if folder is None or not path.startswith(entry):
            return None
        return self._record(folder).get(path[len(entry) :].encode("utf-8", "surrogateescape"))

    def _folder(self, module: str) -> Optional[str]:
        """Where the metadata of a module's distribution lie: it has its name or its package's."""
        top, _, rest = module.partition(".")
        key = f"{top}.{rest.partition('.')[0]}" if rest else top
        if key not in self._of_modules:
            names = (BROUGHT_BY.get(name) or canonical(name) for name in (key, top))
            self._of_modules[key] = next(filter(None, map(self._folders.get, names)), None)
        return self._of_modules[key]

    def _record(self, folder: str) -> dict[bytes, bytes]:
        """The files of a RECORD and their sizes, which may be empty."""
        if folder not in self._records:
            try:
                record = self._files.read(posixpath.join(folder, "RECORD"), Limit.RECORD)
            except OSError:
                record = b""
            rows = (row.rstrip(b"\r").split(b",") for row in record.split(b"\n"))
            self._records[folder] = {row[0]: row[-1] for row in rows}
        return self._records[folder]
