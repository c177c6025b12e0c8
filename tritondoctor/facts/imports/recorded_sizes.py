"""Sources that are not as they were installed: a copy cut short, an edit, another release laid over.

To compare sums would mean to read everything; RECORD has sizes too, and a source that is read anyway has
one (packaging specification "Recording installed projects").
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Optional

from tritondoctor.facts.imports.dependencies import canonical
from tritondoctor.facts.imports.distributions import BROUGHT_BY
from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit


class RecordedSizes:
    """The sizes in the RECORDs of distributions, of which `folders` has the metadata, by their names.

    `changed` are the files that were seen to have another one, with their distributions.
    """

    def __init__(self, files: Files, folders: Mapping[str, str]) -> None:
        self._files = files
        self._folders = folders
        self._records: dict[str, bytes] = {}
        self._of_modules: dict[str, Optional[str]] = {}
        self.changed: dict[str, str] = {}

    def differs(self, module: str, path: str, size: Optional[int]) -> bool:
        """Whether the file of a module has another size than the one that was installed."""
        if size is None or "-packages/" not in path:
            return False
        folder = self._folder(".".join(module.split(".", 2)[:2]))
        if folder is None:
            return False
        entry = posixpath.dirname(folder) + "/"
        if not path.startswith(entry):
            return False  # it hides the installed one
        recorded = _size(self._record(folder), path[len(entry) :])
        if recorded not in (b"", b"%d" % size):
            name, _, version = posixpath.basename(folder)[: -len(".dist-info")].rpartition("-")
            self.changed[path] = f"{name}=={version}"
            return True
        return False

    def _folder(self, module: str) -> Optional[str]:
        """Where the metadata of a module's distribution lie: it has its name or its package's."""
        if module not in self._of_modules:
            names = (BROUGHT_BY.get(name) or canonical(name) for name in (module, module.split(".")[0]))
            self._of_modules[module] = next(filter(None, map(self._folders.get, names)), None)
        return self._of_modules[module]

    def _record(self, folder: str) -> bytes:
        if folder not in self._records:
            try:
                record = self._files.read(posixpath.join(folder, "RECORD"), Limit.RECORD)
            except OSError:
                record = b""
            self._records[folder] = b"\n%s\n" % record
        return self._records[folder]


def _size(record: bytes, name: str) -> bytes:
    """The size in a file's row; "" for none."""
    start = record.find(b"\n%s," % name.encode("utf-8", "surrogateescape"))
    row = record[start : record.find(b"\n", start + 1)] if start >= 0 else b""
    return row.rstrip(b"\r").rpartition(b",")[2]
