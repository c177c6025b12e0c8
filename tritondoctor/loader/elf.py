"""An ELF object as a dynamic loader sees it: through its program headers alone.

Section headers may be missing or wrong, so nothing here reads them. Tags and structures are those
of elf(5) and the gABI; which of two equal tags counts is `elf_get_dynamic_info` in glibc's
elf/get-dynamic-info.h.
"""

from __future__ import annotations

import itertools
import operator
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Optional

import msgspec
from msgspec.structs import astuple

from .files import Files, Identity, Open
from .header import ET_DYN, Abi, BadElf, Segment, read_header, read_segments
from .tags import Flags1, SegmentType, Tag

#: how a dependency is asked for; only a missing "auxiliary" one is forgiven
DependencyKind = Literal["needed", "auxiliary", "filter"]
DEPENDENCY_KINDS: dict[int, DependencyKind] = {
    Tag.NEEDED: "needed", Tag.AUXILIARY: "auxiliary", Tag.FILTER: "filter",
}  # fmt: skip
VER_FLG_WEAK = 2
PAGE = 4096
#: far above what real objects have, so that a crafted one cannot take long
MAX_ENTRIES = 1 << 12
MAX_DYNAMIC = 1 << 16
MAX_DEPENDENCIES = 1 << 9
MAX_NAME = 4096  # PATH_MAX: a longer name cannot be opened


class VersionNeed(msgspec.Struct, frozen=True):
    """A version that an object needs from the object named `file`."""

    file: str
    version: str
    weak: bool
    number: int


class ElfFile(msgspec.Struct, frozen=True):
    """The content of program headers and dynamic section.

    `dependencies` holds ("needed" | "auxiliary" | "filter", name) in the order of the dynamic
    section; `verdef` maps a defined version's index to its name, and is None if the object
    defines none. `truncated`: the file ends before a segment that has to be mapped from it.
    `fault`: why it cannot be mapped as a library.
    `identity` is equal where one unchanged file was read.
    """

    abi: Abi
    type: int
    osabi: int
    segments: tuple[Segment, ...]
    dynamic: Mapping[int, int]
    interp: Optional[str]
    dependencies: tuple[tuple[DependencyKind, str], ...]
    soname: Optional[str]
    rpath: Optional[str]
    runpath: Optional[str]
    flags: int
    flags_1: int
    verneed: tuple[VersionNeed, ...]
    verdef: Optional[Mapping[int, str]]
    truncated: bool
    fault: Optional[str]
    tls_size: int
    isa_needed: int
    identity: Identity

    def __eq__(self, other: object) -> bool:
        """Whether the content is the same, of whichever file."""
        return isinstance(other, ElfFile) and astuple(self)[:-1] == astuple(other)[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    @property
    def file_identity(self) -> Identity:
        """Which file it is, whatever is in it now (the `identity` of its `Stat`)."""
        file, _, _ = self.identity
        assert isinstance(file, tuple)
        return file

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(name for kind, name in self.dependencies if kind == "needed")

    @property
    def auxiliary(self) -> tuple[str, ...]:
        return tuple(name for kind, name in self.dependencies if kind == "auxiliary")

    @property
    def filter(self) -> tuple[str, ...]:
        return tuple(name for kind, name in self.dependencies if kind == "filter")

    @property
    def versions(self) -> frozenset[str]:
        """The names of the versions that the object defines."""
        return frozenset(self.verdef.values()) if self.verdef else frozenset()

    @property
    def is_static(self) -> bool:
        """Whether the kernel alone starts it: no interpreter, and by its flags no shared object."""
        if self.interp is not None:
            return False
        return not self.dynamic or bool(self.flags_1 & Flags1.PIE and not self.dependencies)

    def offset(self, address: int) -> Optional[int]:
        """Return the file offset of a virtual address; None if no segment maps it."""
        for segment in self.segments:
            if segment.type == SegmentType.LOAD and 0 <= address - segment.vaddr < segment.filesz:
                return address - segment.vaddr + segment.offset
        return None

    def load_error(self, dlopen: bool = False) -> Optional[str]:
        """Return why it cannot be mapped as a library (glibc's `_dl_map_object_from_fd`), or None."""
        if self.fault is None and dlopen and self.flags_1 & Flags1.NOOPEN:
            return "shared object cannot be dlopen()ed"
        return self.fault


class _Layouts:
    """The structures of a byte order: dynamic entries of 64 and 32 bits, those of versions (elf(5))."""

    def __init__(self, order: str) -> None:
        self.wide = struct.Struct(order + "QQ")
        self.narrow = struct.Struct(order + "II")
        self.word = struct.Struct(order + "I")
        self.verneed = struct.Struct(order + "HHIII")
        self.vernaux = struct.Struct(order + "IHHII")
        self.verdef = struct.Struct(order + "HHHHIII")
        self.verdaux = self.narrow


_LAYOUTS = {True: _Layouts("<"), False: _Layouts(">")}


def read_elf(files: Files, path: str, abi: Optional[Abi] = None) -> ElfFile:
    """Read the object at `path`, checked for a process of this `abi`. An unchanged file is parsed once.

    Raises OSError (the file cannot be opened), BadElf (it ends a search), WrongClass or
    WrongMachine (it is skipped).
    """
    of_view = files.view_memory()
    known = of_view.get(("elf", path))
    if not isinstance(known, ElfFile) or (abi is not None and known.abi != abi):
        known = of_view["elf", path] = _read(files, path, abi)
    return known


def _read(files: Files, path: str, abi: Optional[Abi]) -> ElfFile:
    """The same, where it is not known what lies at this path."""
    stat = files.stat(path)
    identity = (stat.identity, stat.mtime_ns, stat.size)
    known = files.memory().get(("elf", identity))
    if isinstance(known, ElfFile) and (abi is None or known.abi == abi):
        return known
    with files.open(path) as opened:
        header = read_header(opened, abi)
        segments = read_segments(opened, header)
        reader = _ElfReader(opened, header.abi, segments)
        elf = reader.elf(header.type, header.osabi, identity)
    if reader.left_out:
        files.leave_out(path, reader.left_out)
    files.memory()["elf", identity] = elf
    return elf


class _ElfReader:
    def __init__(self, opened: Open, abi: Abi, segments: tuple[Segment, ...]) -> None:
        self._opened = opened
        self._abi = abi
        self._segments = segments
        self._of_type: dict[int, list[Segment]] = {}
        for segment in segments:
            self._of_type.setdefault(segment.type, []).append(segment)
        self._loads = self._of_type.get(SegmentType.LOAD, [])
        self._layouts = _LAYOUTS[abi.little]
        self._strings = 0
        self._entries: list[tuple[int, int]] = []
        self.left_out = ""  # the end of a sentence, if a table was not read completely

    def elf(self, kind: int, osabi: int, identity: Identity) -> ElfFile:
        self._entries = self._dynamic_entries()
        dynamic = dict(self._entries)
        strings = self._offset(dynamic[Tag.STRTAB]) if Tag.STRTAB in dynamic else None
        if self._entries and strings is None:
            raise BadElf("dynamic string table outside the file")
        self._strings = strings or 0
        flags_1 = dynamic.get(Tag.FLAGS_1, 0)
        return ElfFile(
            abi=self._abi,
            type=kind,
            osabi=osabi,
            segments=self._segments,
            dynamic=dynamic,
            interp=self._interp(),
            dependencies=self._dependencies(),
            soname=self._named(dynamic, Tag.SONAME),
            rpath=self._named(dynamic, Tag.RPATH),
            runpath=self._named(dynamic, Tag.RUNPATH),
            flags=dynamic.get(Tag.FLAGS, 0),
            flags_1=flags_1,
            verneed=self._verneed(dynamic.get(Tag.VERNEED)),
            verdef=self._verdef(dynamic.get(Tag.VERDEF)),
            truncated=self._truncated(),
            fault=self._fault(kind, flags_1),
            tls_size=next((segment.memsz for segment in self._of_type.get(SegmentType.TLS, ())), 0),
            isa_needed=self._isa_needed(),
            identity=identity,
        )

    def _offset(self, address: int) -> Optional[int]:
        for segment in self._loads:
            if 0 <= address - segment.vaddr < segment.filesz:
                return address - segment.vaddr + segment.offset
        return None

    def _dependencies(self) -> tuple[tuple[DependencyKind, str], ...]:
        """Return each dependency once, because a second request for a name changes nothing."""
        found = dict.fromkeys([entry for entry in self._entries if entry[0] in DEPENDENCY_KINDS])
        if len(found) > MAX_DEPENDENCIES:
            self.left_out = f"needs more than {MAX_DEPENDENCIES} libraries"
        return tuple(
            [
                (DEPENDENCY_KINDS[tag], self._string(value))
                for tag, value in itertools.islice(found, MAX_DEPENDENCIES)
            ]
        )

    def _dynamic_entries(self) -> list[tuple[int, int]]:
        """The (tag, value) pairs before the first tag 0 (DT_NULL)."""
        found = self._of_type.get(SegmentType.DYNAMIC)
        if not found or not found[-1].filesz:
            return []
        segment = found[-1]
        offset = self._offset(segment.vaddr)
        entry = self._layouts.wide if self._abi.bits == 64 else self._layouts.narrow
        length = min(segment.filesz, MAX_DYNAMIC * entry.size)
        raw = self._opened.read(segment.offset if offset is None else offset, length)
        pairs: Iterator[Any] = entry.iter_unpack(raw[: len(raw) // entry.size * entry.size])
        return list(itertools.takewhile(operator.itemgetter(0), pairs))

    def _string(self, index: int) -> str:
        raw = self._opened.string(self._strings + index, MAX_NAME)
        return raw.decode("utf-8", "surrogateescape")

    def _named(self, dynamic: Mapping[int, int], tag: int) -> Optional[str]:
        return self._string(dynamic[tag]) if tag in dynamic else None

    def _interp(self) -> Optional[str]:
        for segment in self._of_type.get(SegmentType.INTERP, ()):
            raw = self._opened.read(segment.offset, min(segment.filesz, MAX_NAME))
            return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return None

    def _unpack(self, layout: struct.Struct, offset: int) -> tuple[Any, ...]:
        content, start = self._opened.around(offset, layout.size)
        if len(content) - start < layout.size:
            raise BadElf("version tables outside the file")
        return layout.unpack_from(content, start)

    def _verneed(self, address: Optional[int]) -> tuple[VersionNeed, ...]:
        offset = self._offset(address) if address is not None else None
        found: list[VersionNeed] = []
        while offset is not None and len(found) < MAX_ENTRIES:
            _, _, file, aux, following = self._unpack(self._layouts.verneed, offset)
            name, place = self._string(file), offset + aux
            while len(found) < MAX_ENTRIES:
                _, flags, index, version, more = self._unpack(self._layouts.vernaux, place)
                weak = bool(flags & VER_FLG_WEAK)
                found.append(VersionNeed(name, self._string(version), weak, index & 0x7FFF))
                if not more:
                    break
                place += more
            offset = offset + following if following else None
        return tuple(found)

    def _verdef(self, address: Optional[int]) -> Optional[Mapping[int, str]]:
        if address is None:
            return None
        offset = self._offset(address)
        found: dict[int, str] = {}
        while offset is not None and len(found) < MAX_ENTRIES:
            _, _, index, _, _, aux, following = self._unpack(self._layouts.verdef, offset)
            name, _ = self._unpack(self._layouts.verdaux, offset + aux)
            found[index & 0x7FFF] = self._string(name)
            offset = offset + following if following else None
        return found

    def _truncated(self) -> bool:
        end = -(-self._opened.stat.size // PAGE) * PAGE
        return any(segment.filesz and segment.offset + segment.filesz > end for segment in self._loads)

    def _fault(self, kind: int, flags_1: int) -> Optional[str]:
        """Why it cannot be mapped as a library, the first of glibc's checks that fails."""
        if any((segment.vaddr - segment.offset) % PAGE for segment in self._loads):
            return "ELF load command address/offset not page-aligned"
        if not self._loads:
            return "object file has no loadable segments"
        if kind != ET_DYN:
            return "cannot dynamically load executable"
        if not any(segment.filesz for segment in self._of_type.get(SegmentType.DYNAMIC, ())):
            return "object file has no dynamic section"
        if flags_1 & Flags1.PIE:
            return "cannot dynamically load position-independent executable"
        return None

    def _isa_needed(self) -> int:
        """GNU_PROPERTY_X86_ISA_1_NEEDED of PT_GNU_PROPERTY; see glibc's sysdeps/x86/dl-prop.h."""
        align = self._abi.bits // 8
        word, pair = self._layouts.word, self._layouts.narrow
        for segment in self._of_type.get(SegmentType.GNU_PROPERTY, ()):
            if segment.align != align:
                continue
            raw = self._opened.read(segment.offset, min(segment.filesz, 4096))
            if len(raw) < 16 or raw[12:16] != b"GNU\0":
                return 0
            place = 16
            while place + 8 <= len(raw):
                kind, size = pair.unpack_from(raw, place)
                if kind == 0xC0008002 and size == 4 and place + 12 <= len(raw):
                    return int(word.unpack_from(raw, place + 8)[0])
                place += 8 + -(-size // align) * align
        return 0
