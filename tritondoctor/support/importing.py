"""How the doctor imports its own modules: each folder is listed once, each file looked at twice, not six
times, which is what a start costs over a slow file system.

Only what importlib's own finder asks the file system for again and again is answered here: that a
folder is as it was a moment ago, and that a name in its listing is there. Whether a .pyc fits its source
is asked for as ever (importlib.abc.SourceLoader).
"""

from __future__ import annotations

import posix
import sys
from importlib._bootstrap_external import spec_from_file_location
from importlib.machinery import EXTENSION_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from typing import Any, Optional

_CHUNK = 1 << 18


class _Loader(SourceFileLoader):
    """Reads a file without a look at its kind and size before."""

    def get_data(self, path: str) -> bytes:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            content = piece = posix.read(descriptor, _CHUNK)
            while piece:
                piece = posix.read(descriptor, _CHUNK)
                content += piece
        finally:
            posix.close(descriptor)
        return content


class _Finder(FileFinder):
    """Finds what is a source file and nothing else by a listing; the rest as importlib does."""

    _names: Optional[frozenset[str]] = None

    def find_spec(self, fullname: str, target: Any = None) -> Optional[ModuleSpec]:
        name = fullname.rpartition(".")[2]
        if self._names is None:
            try:
                self._names = frozenset(posix.listdir(self.path))
            except OSError:
                self._names = frozenset()
        others = (name, f"{name}.pyc", *(name + suffix for suffix in EXTENSION_SUFFIXES))
        if self._names.isdisjoint(others):
            if f"{name}.py" not in self._names:
                return None
            path = f"{self.path}/{name}.py"
            return spec_from_file_location(fullname, path, loader=_Loader(fullname, path))
        return super().find_spec(fullname, target)


def list_folders_once() -> None:
    """From now on, import so."""
    standard = next(
        (hook for hook in sys.path_hooks if hook.__name__ == "path_hook_for_FileFinder"), None
    )
    if standard is None:
        return

    def hook(path: str) -> Any:
        usual: Any = standard(path)
        finder: Any = _Finder(path)
        finder._loaders = usual._loaders
        return finder

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
