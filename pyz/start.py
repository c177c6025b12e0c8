"""The start of tritondoctor.pyz: its packages come first on sys.path, compiled modules load from memory.

Nothing is unpacked: pure modules are imported from the archive, and compiled ones are put into a memfd,
so no file system needs to be writable or to allow execution.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType
from typing import Callable, NoReturn, Optional
from zipimport import zipimporter

ARCHIVE = os.path.dirname(os.path.abspath(__file__))


def target() -> str:
    """Return the archive's name for this interpreter: `3.11-x86_64-glibc`."""
    try:
        libc = "glibc" if os.confstr("CS_GNU_LIBC_VERSION") else "musl"
    except (ValueError, OSError):
        libc = "musl"
    plain = sys.implementation.name == "cpython" and "t" not in getattr(sys, "abiflags", "")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    kind = version if plain else f"{sys.implementation.name}-{version}{sys.abiflags}"
    return f"{kind}-{os.uname().machine if sys.maxsize > 2**32 else '32-bit'}-{libc}"


class Compiled:
    """Finds and loads extension modules; `entries` maps their full names to files in the archive."""

    def __init__(self, read: Callable[[str], bytes], entries: dict[str, str]) -> None:
        self._read = read
        self._entries = entries

    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, module: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        """Return the spec of a compiled module."""
        if name not in self._entries:
            return None
        return ModuleSpec(name, self, origin=f"{ARCHIVE}/{self._entries[name]}")  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Load the module from the first folder that allows it; end the doctor if none does."""
        content = self._read(self._entries[spec.name])
        failures = []
        for folder in folders():
            try:
                load = in_memory if folder is None else in_folder
                return load(spec.name, content, folder)
            except (OSError, ImportError, AttributeError) as failure:
                failures.append(f"{folder or 'memory'}: {failure}")
        reasons = "".join(f"    {failure}\n" for failure in failures)
        sys.stderr.write(
            f"tritondoctor: the compiled module {spec.name} cannot be loaded:\n"
            f"{reasons}Set TMPDIR to a folder that is writable and not mounted noexec.\n"
        )
        raise SystemExit(3)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's initialisation."""
        assert module.__spec__ is not None
        ExtensionFileLoader(module.__name__, module.__spec__.origin or "").exec_module(module)


def folders() -> Iterator[Optional[str]]:
    """Yield where a compiled module may be put: memory (None), then folders."""
    yield None
    for folder in (
        os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/dev/shm", "/tmp", "/var/tmp", ".",
    ):  # fmt: skip
        if folder:
            yield folder


def in_memory(name: str, content: bytes, folder: Optional[str]) -> ModuleType:
    """Load from a memfd.  It stays open: the loader takes two files with the same name for one file."""
    descriptor = os.memfd_create(name)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return _loaded(name, f"/proc/self/fd/{descriptor}")


def in_folder(name: str, content: bytes, folder: Optional[str]) -> ModuleType:
    """Load from a temporary file, which is removed once it is mapped."""
    descriptor, path = tempfile.mkstemp(".so", "tritondoctor-", folder)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        return _loaded(name, path)
    finally:
        os.unlink(path)


def _loaded(name: str, path: str) -> ModuleType:
    loader = ExtensionFileLoader(name, path)
    return loader.create_module(ModuleSpec(name, loader, origin=path))


def main() -> None:
    """Run the doctor's command line.

    With -S, `site` is imported only now, so that Ctrl-C in the first moments is handled.
    """
    if sys.flags.no_site:
        import site

        site.main()
    read = zipimporter(ARCHIVE).get_data
    contents = json.loads(read("contents.json"))
    mine = target()
    if mine not in contents["targets"]:
        _refuse(mine, contents["targets"])
    part = contents["targets"][mine]
    packages = set(contents["packages"])
    # a .pth file or sitecustomize may have loaded others of these names
    for name in [module for module in sys.modules if module.partition(".")[0] in packages]:
        del sys.modules[name]
    sys.path[:1] = [f"{ARCHIVE}/{layer}" for layer in part["layers"]]
    sys.meta_path.insert(0, Compiled(read, part["compiled"]))
    from tritondoctor.__main__ import main as doctor

    doctor()


def _refuse(mine: str, known: Sequence[str]) -> NoReturn:
    versions = sorted({name.split("-")[0] for name in known}, key=lambda version: int(version[2:]))
    machines = sorted({name.split("-")[1] for name in known})
    sys.stderr.write(
        f"tritondoctor: this file has no modules for {mine} ({sys.executable}).\n"
        f"It supports CPython {versions[0]} to {versions[-1]} on {' and '.join(machines)}. "
        "Run it with one of these, or install tritondoctor with pip.\n"
    )
    raise SystemExit(2)
