"""What the ELF files of a wheel need, for make_releases.py.  Needs pyelftools."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Optional

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.sections import SymbolTableSection

TREE = "pytriton/tritonserver/"
STUB = "triton_python_backend_stub"
VERSIONED = re.compile(r"(GLIBC|GLIBCXX|CXXABI|GCC)_(\d+(?:\.\d+)*)")


def version_key(version: str) -> tuple[int, ...]:
    """``2.35`` as numbers, for comparing."""
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True)
class Binary:
    """One ELF file of a wheel."""

    path: str
    needed: tuple[str, ...]
    versions: frozenset[tuple[str, str]]
    symbols: frozenset[str]

    @property
    def name(self) -> str:
        """The file's name, without its directory."""
        return posixpath.basename(self.path)


def read_binary(path: str, content: bytes) -> Binary:
    """Read what one ELF file needs."""
    elf = ELFFile(io.BytesIO(content))
    needed: list[str] = []
    versions: set[tuple[str, str]] = set()
    symbols: set[str] = set()
    for section in elf.iter_sections():
        if isinstance(section, DynamicSection):
            needed += [str(vars(tag)["needed"]) for tag in section.iter_tags("DT_NEEDED")]
        elif isinstance(section, GNUVerNeedSection):
            versions |= set(needed_versions(section))
        elif isinstance(section, SymbolTableSection) and path.endswith(STUB):
            symbols |= {symbol.name for symbol in section.iter_symbols()}
    return Binary(path, tuple(needed), frozenset(versions), frozenset(symbols))


def needed_versions(section: Any) -> Iterator[tuple[str, str]]:
    """The (family, version) pairs of a version-needs table."""
    for _, entries in section.iter_versions():
        for entry in entries:
            found = VERSIONED.fullmatch(entry.name)
            if found:
                yield found[1], found[2]


def highest(binaries: Iterable[Binary]) -> dict[str, str]:
    """The highest version of each family needed by any of the files."""
    best: dict[str, str] = {}
    for binary in binaries:
        for family, version in binary.versions:
            if family not in best or version_key(version) > version_key(best[family]):
                best[family] = version
    return dict(sorted(best.items()))


def with_libraries(roots: Iterable[Binary], binaries: Iterable[Binary]) -> list[Binary]:
    """The files and everything that they need from the wheel itself."""
    by_name = {binary.name: binary for binary in binaries}
    seen: dict[str, Binary] = {}
    waiting = list(roots)
    while waiting:
        binary = waiting.pop()
        if binary.path not in seen:
            seen[binary.path] = binary
            waiting += [by_name[name] for name in binary.needed if name in by_name]
    return list(seen.values())


def triton_version(content: bytes) -> Optional[str]:
    """Triton's version: text on aarch64; on x86-64 the compiler split it into immediates."""
    elf = ELFFile(io.BytesIO(content))
    if elf["e_machine"] == "EM_AARCH64":
        found = {text.decode("ascii") for text in re.findall(rb"\0(2\.[1-9]\d\.\d)\0", content)}
    else:
        text_section = elf.get_section_by_name(".text")
        found = immediates(text_section.data()) if text_section else set()
    return found.pop() if len(found) == 1 else None


def immediates(code: bytes) -> set[str]:
    """Versions stored by a four-byte immediate, with the last two bytes in a register nearby."""
    found = set()
    for start in re.finditer(rb"\xc7.{1,3}(2\.[1-9]\d)", code, re.DOTALL):
        nearby = code[max(0, start.start() - 96) : start.end() + 32]
        patch = re.search(rb"[\xb8-\xbf](\.\d)\0\0", nearby)
        if patch:
            found.add((start[1] + patch[1]).decode("ascii"))
    return found
