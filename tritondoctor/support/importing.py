"""How the doctor imports its own modules: each folder is listed once, each file looked at twice, not six
times, which is what a start costs over a slow file system.

Only what importlib's own finder asks the file system for again and again is answered here: that a
folder is as it was a moment ago, and that a name in its listing is there. Whether a .pyc fits its source
is asked for as ever (importlib.abc.SourceLoader).
"""

from __future__ import annotations

import posix
import sys
from importlib._bootstrap_external import (  # type: ignore[attr-defined]
    MAGIC_NUMBER,
    _compile_bytecode,
    cache_from_source,
    spec_from_file_location,
)
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, SourceFileLoader

TYPE_CHECKING = False  # `typing` is to be imported as all else is: from now on
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Optional

_CHUNK = 1 << 18


class _Loader(SourceFileLoader):
    """Reads a file without a look at its kind and size before; `compiled` is the path of its .pyc."""

    def __init__(self, fullname: str, path: str, compiled: str) -> None:
        super().__init__(fullname, path)
        self._compiled = compiled

    def get_code(self, fullname: str) -> Optional[CodeType]:
        """What the .pyc holds, where the time and size of the source stand in it
        (importlib._bootstrap_external, `_validate_timestamp_pyc`); else as importlib gets it.
        """
        try:
            source = posix.stat(self.path)
            content = self.get_data(self._compiled)
        except OSError:
            return super().get_code(fullname)
        numbers = (0, int(source.st_mtime), source.st_size)
        head = MAGIC_NUMBER + b"".join((number & 0xFFFFFFFF).to_bytes(4, "little") for number in numbers)
        if content[: len(head)] != head:
            return super().get_code(fullname)
        code: CodeType = _compile_bytecode(
            memoryview(content)[len(head) :], fullname, self._compiled, self.path
        )
        return code

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


class _Finder:
    """Finds packages, extension modules and sources by listings, as importlib does; the finder that
    `usual` makes of the folder finds the rest.
    """

    def __init__(self, folder: str, usual: Any, listings: dict[str, frozenset[str]]) -> None:
        self._folder = folder
        self._usual = usual
        self._listings = listings
        if not listings.get(folder):
            usual(folder)  # ImportError where it is no folder: its package has not been found here

    def find_spec(self, fullname: str, target: Any = None) -> Optional[ModuleSpec]:
        name = fullname.rpartition(".")[2]
        names = self._names(self._folder)
        path = f"{self._folder}/{name}"
        if name in names:
            inside = self._names(path)
            if "__init__.py" in inside and not _suffix_of("__init__", inside):
                return _spec(fullname, f"{path}/__init__.py", [path])
            return self._of_usual(fullname, target)
        extension = _suffix_of(name, names)
        if extension:
            file = path + extension
            return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, file))
        if f"{name}.py" in names:
            return _spec(fullname, f"{path}.py", None)
        return self._of_usual(fullname, target) if f"{name}.pyc" in names else None

    def invalidate_caches(self) -> None:
        self._listings.clear()

    def _of_usual(self, fullname: str, target: Any) -> Optional[ModuleSpec]:
        found: Optional[ModuleSpec] = self._usual(self._folder).find_spec(fullname, target)
        return found

    def _names(self, folder: str) -> frozenset[str]:
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(posix.listdir(folder))
            except OSError:
                self._listings[folder] = frozenset()
        return self._listings[folder]


def _spec(fullname: str, file: str, folders: Optional[list[str]]) -> ModuleSpec:
    """The spec of a source, as `spec_from_file_location` makes it."""
    compiled = _compiled(file)
    spec = ModuleSpec(fullname, _Loader(fullname, file, compiled), origin=file)
    spec.submodule_search_locations = folders
    spec.has_location = True
    spec.cached = compiled
    return spec


def _compiled(file: str) -> str:
    """The path of the .pyc of a source (PEP 3147)."""
    if sys.flags.optimize or sys.pycache_prefix is not None:
        return cache_from_source(file)
    folder, _, name = file.rpartition("/")
    return f"{folder}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc"


def _suffix_of(name: str, names: frozenset[str]) -> str:
    """The suffix with which a module of this name is compiled; "" where it is not."""
    return next((suffix for suffix in EXTENSION_SUFFIXES if name + suffix in names), "")


def list_folders_once() -> None:
    """From now on, import so."""
    standard = next(
        (hook for hook in sys.path_hooks if hook.__name__ == "path_hook_for_FileFinder"), None
    )
    if standard is None:
        return
    listings: dict[str, frozenset[str]] = {}

    def hook(path: str) -> Any:
        return _Finder(path, standard, listings)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()


def import_msgspec() -> None:
    """Import msgspec without typing_extensions, which it asks first and which brings `inspect`, `dis`,
    `ast` and a dozen others: from 3.11 on `typing` has the same (msgspec/_utils.py).
    """
    if sys.version_info < (3, 11) or "typing_extensions" in sys.modules:
        return
    absent: Any = None
    sys.modules["typing_extensions"] = absent
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]
