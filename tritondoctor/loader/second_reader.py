"""What pyelftools reads in an object: versions, build id, compiler; a second opinion on our reader."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile

from tritondoctor.loader.elf import ElfFile
from tritondoctor.support.numbers import whole
from tritondoctor.support.reading import Limit, open_regular

#: what a damaged file makes pyelftools raise
_DAMAGE = (
    ELFError, ConstructError, ValueError, KeyError, IndexError, struct.error, AttributeError, TypeError,
    AssertionError, OverflowError,
)  # fmt: skip
_MOST = 4096


class NotReadable(Exception):  # noqa: N818
    """pyelftools cannot read the file; the message says why."""


@dataclass(frozen=True)
class ObjectVersions:
    """The versions that an object defines, and those that it needs of each library; "" for unknown."""

    soname: str
    build_id: str
    compilers: tuple[str, ...]
    defines: tuple[str, ...]
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()


def read(path: str) -> ObjectVersions:
    """Read an object.  Raises OSError, or NotReadable where it is damaged or no ELF file."""
    with open_regular(path, Limit.LIBRARY) as stream:
        try:
            return _read(ELFFile(stream))
        except _DAMAGE as failure:
            raise NotReadable(str(failure) or type(failure).__name__) from None


def _read(elf: Any) -> ObjectVersions:
    dynamic = elf.get_section_by_name(".dynamic")
    tags = list(dynamic.iter_tags())[:_MOST] if dynamic is not None else []
    sonames = [tag.soname for tag in tags if tag.entry.d_tag == "DT_SONAME"]
    return ObjectVersions(
        soname=sonames[0] if sonames else "",
        build_id=_build_id(elf),
        compilers=_compilers(elf),
        defines=tuple(_defines(elf)),
        needs=_needs(elf),
        needed=tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
    )


def _build_id(elf: Any) -> str:
    section = elf.get_section_by_name(".note.gnu.build-id")
    notes = section.iter_notes() if section is not None else ()
    return next((note["n_desc"] for note in notes if note["n_type"] == "NT_GNU_BUILD_ID"), "")


def _compilers(elf: Any) -> tuple[str, ...]:
    section = elf.get_section_by_name(".comment")
    if section is None:
        return ()
    texts = section.data()[: 1 << 16].split(b"\0")
    return tuple(dict.fromkeys(text.decode("utf-8", "replace") for text in texts if text))


def _defines(elf: Any) -> Iterator[str]:
    """The names of .gnu.version_d; the first is the object's own (VER_FLG_BASE)."""
    section = elf.get_section_by_name(".gnu.version_d")
    for version, names in section.iter_versions() if section is not None else ():
        name = next(iter(names), None)
        if name is not None and not version["vd_flags"] & 1:
            yield name.name


def _needs(elf: Any) -> dict[str, tuple[str, ...]]:
    section = elf.get_section_by_name(".gnu.version_r")
    needs: dict[str, list[str]] = {}
    for version, names in section.iter_versions() if section is not None else ():
        needs.setdefault(version.name, []).extend(name.name for name in names)
    return {file: tuple(sorted(names, key=order)) for file, names in sorted(needs.items())}


def order(version: str) -> tuple[object, ...]:
    """A key by which GLIBCXX_3.4.9 comes before GLIBCXX_3.4.10."""
    parts = re.split(r"[._]", version)
    return tuple((part.isdecimal(), whole(part) if part.isdecimal() else part) for part in parts)


def disagreements(second: ObjectVersions, ours: ElfFile) -> Iterator[tuple[str, str, str]]:
    """(what, by us, by pyelftools) of each field that the two readers see differently."""
    # VER_NDX_GLOBAL, 1, is the object's own name
    defined = {name for index, name in (ours.verdef or {}).items() if index != 1}
    pairs: list[tuple[str, Optional[object], object]] = [
        ("SONAME", ours.soname or "", second.soname),
        ("NEEDED", ours.needed, second.needed),
        ("defines", sorted(defined), sorted(set(second.defines))),
        ("needs", sorted({(need.file, need.version) for need in ours.verneed}),
         sorted((file, name) for file, names in second.needs.items() for name in names)),
    ]  # fmt: skip
    for name, first, other in pairs:
        if first != other:
            yield name, str(first), str(other)
