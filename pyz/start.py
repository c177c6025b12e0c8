"""How tritondoctor.pyz starts: its packages come first, and compiled ones out of memory.

Nothing is unpacked: pure modules are imported from the archive, and what the loader must map is put
into a memfd, for which no file system need be writable or allow execution.
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
    """This interpreter as the archive names it: `3.11-x86_64-glibc`."""
    try:
        libc = "glibc" if os.confstr("CS_GNU_LIBC_VERSION") else "musl"
    except (ValueError, OSError):
        libc = "musl"
    plain = sys.implementation.name == "cpython" and "t" not in getattr(sys, "abiflags", "")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    kind = version if plain else f"{sys.implementation.name}-{version}{sys.abiflags}"
    return f"{kind}-{os.uname().machine if sys.maxsize > 2**32 else '32-bit'}-{libc}"


class Compiled:
    """Finds and loads extension modules by their full names; `entries` says where each lies."""

    def __init__(self, read: Callable[[str], bytes], entries: dict[str, str]) -> None:
        self._read = read
        self._entries = entries

    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, module: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        """The spec of a module that is compiled."""
        if name not in self._entries:
            return None
        return ModuleSpec(name, self, origin=f"{ARCHIVE}/{self._entries[name]}")  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Maps it from the first place that allows it; ends the doctor where there is none."""
        content = self._read(self._entries[spec.name])
        why = []
        for place in places():
            try:
                with_file = in_memory if place is None else in_folder
                return with_file(spec.name, content, place)
            except (OSError, ImportError, AttributeError) as failure:
                why.append(f"{place or 'memory'}: {failure}")
        tried = "".join(f"    {one}\n" for one in why)
        sys.stderr.write(
            f"tritondoctor: {spec.name} is compiled, and there is no place from which it can be loaded:\n"
            f"{tried}Set TMPDIR to a folder that is writable and not mounted noexec.\n"
        )
        raise SystemExit(3)

    def exec_module(self, module: ModuleType) -> None:
        """Runs its initialisation."""
        assert module.__spec__ is not None
        ExtensionFileLoader(module.__name__, module.__spec__.origin or "").exec_module(module)


def places() -> Iterator[Optional[str]]:
    """Where a compiled module may lie: memory (None), then folders."""
    yield None
    for folder in (
        os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/dev/shm", "/tmp", "/var/tmp", ".",
    ):  # fmt: skip
        if folder:
            yield folder


def in_memory(name: str, content: bytes, place: Optional[str]) -> ModuleType:
    """The descriptor stays open: the loader takes two files of one name for the same."""
    descriptor = os.memfd_create(name)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return _loaded(name, f"/proc/self/fd/{descriptor}")


def in_folder(name: str, content: bytes, place: Optional[str]) -> ModuleType:
    """What is mapped needs its name no longer."""
    descriptor, path = tempfile.mkstemp(".so", "tritondoctor-", place)
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
    """Runs the doctor's command line.  -S, if it was given, kept `site` back until now, so that Ctrl-C in
    the first moments finds somebody who answers.
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
    versions = sorted({one.split("-")[0] for one in known}, key=lambda one: int(one[2:]))
    machines = sorted({one.split("-")[1] for one in known})
    sys.stderr.write(
        f"tritondoctor: this file has nothing compiled for {mine} ({sys.executable}).\n"
        f"It has CPython {versions[0]} to {versions[-1]} on {' and '.join(machines)}: start it with one "
        "of these, or install the doctor with pip.\n"
    )
    raise SystemExit(2)
