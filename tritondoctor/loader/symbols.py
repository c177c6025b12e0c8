"""Dynamic symbols, read on demand: tables, versions, the bytes behind a name.

Formats: elf(5), the gABI and the GNU hash section. The check of GLIBC_PRIVATE symbols predicts
what `_dl_relocate_object` and `_dl_lookup_symbol_x` (glibc's elf/dl-lookup.c) do at start.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Optional

import msgspec

from .elf import ElfFile, read_elf
from .files import Files, Open
from .tags import Flags1, Tag

DF_BIND_NOW = 8
STB_LOCAL, STB_WEAK = 0, 2
#: bounds the time that a crafted object takes; libopenblas has 14,583 symbols, libstdc++ 6,168
MAX_SYMBOLS, MAX_SYMBOL_NAME = 1 << 17, 512
MAX_TABLE = 1 << 24


class Symbol(msgspec.Struct, frozen=True):
    """A dynamic symbol. `version` is "" for none; `needed_from` is the file it is bound to, or ""."""

    name: str
    version: str
    needed_from: str
    defined: bool
    weak: bool
    value: int
    size: int


def dynamic_symbols(files: Files, path: str) -> tuple[Symbol, ...]:
    """Return every global dynamic symbol of an object, undefined ones included, in table order.

    Raises OSError, BadElf, Skipped.
    """
    elf = read_elf(files, path)
    known: Optional[tuple[Symbol, ...]] = files.memory().get(("symbols", elf.identity))
    if known is None:
        with files.open(path) as opened:
            table = _Table(files, path, opened, elf)
            known = tuple(symbol for symbol in map(table.symbol, range(1, table.count)) if symbol)
        files.memory()["symbols", elf.identity] = known
    return known


def exported_names(files: Files, path: str, beginning: str) -> frozenset[str]:
    """Return the names of global dynamic symbols that begin so. Raises as `dynamic_symbols` does."""
    elf = read_elf(files, path)
    with files.open(path) as opened:
        return frozenset(_Table(files, path, opened, elf).names(beginning))


def symbol_bytes(files: Files, path: str, name: str, size: Optional[int] = None) -> Optional[bytes]:
    """Return the bytes of a defined symbol (`size` of them, or all); None without such a symbol.

    Bytes that the file does not hold (.bss) are zeros. Raises OSError, BadElf, Skipped.
    """
    elf = read_elf(files, path)
    with files.open(path) as opened:
        found = _Table(files, path, opened, elf).find(name)
        if found is None:
            return None
        wanted = min(found.size if size is None else size, MAX_TABLE)
        offset = elf.offset(found.value)
        return (opened.read(offset, wanted) if offset is not None else b"").ljust(wanted, b"\0")


class Reference(msgspec.Struct, frozen=True):
    """An undefined symbol that a relocation names; `lazy` if it is looked up only when called."""

    name: str
    lazy: bool


class VersionSymbols(msgspec.Struct, frozen=True):
    """What an object defines with a version, and its strong references to symbols of it, in the order of
    the relocations.
    """

    defined: frozenset[str]
    references: tuple[Reference, ...]


def version_symbols(files: Files, path: str, elf: ElfFile, version: str) -> VersionSymbols:
    """Return the symbols of a version; remembered while the object is unchanged."""
    known = files.memory().get(("symbols of version", elf.identity, version))
    if known is None:
        with files.open(path) as opened:
            table = _Table(files, path, opened, elf)
            defined = frozenset(table.defined_with(version) if version in elf.versions else ())
            needed = any(need.version == version for need in elf.verneed)
            known = VersionSymbols(defined, tuple(table.references(version) if needed else ()))
        files.memory()["symbols of version", elf.identity, version] = known
    found: VersionSymbols = known
    return found


#: which field of a raw symbol is its info and its section, by whether it is wide
_INFO, _SECTION = {True: 1, False: 3}, {True: 3, False: 5}


def _places(strings: bytes, wanted: bytes) -> Iterator[int]:
    """Where a string stands in a table, or ends another one."""
    place = strings.find(wanted)
    while place >= 0:
        yield place
        place = strings.find(wanted, place + 1)


class _Table:
    def __init__(self, files: Files, path: str, opened: Open, elf: ElfFile) -> None:
        self._all_files = files
        self._path = path
        self._opened = opened
        self._elf = elf
        self._order = "<" if elf.abi.little else ">"
        self._wide = elf.abi.bits == 64
        self._versions = dict(elf.verdef or {})
        self._files: dict[int, str] = {}
        for need in elf.verneed:
            self._versions[need.number] = need.version
            self._files[need.number] = need.file
        self._strings = self._table(Tag.STRTAB, elf.dynamic.get(Tag.STRSZ, 0))
        size = 24 if self._wide else 16
        count = self._hash_count() or self._gnu_count()
        self._symbols = self._table(Tag.SYMTAB, count * size, MAX_SYMBOLS * size)
        self.count = len(self._symbols) // size
        raw = opened.read(self._at(Tag.VERSYM), self.count * 2)
        self._versym = struct.unpack_from(f"{self._order}{len(raw) // 2}H", raw)

    def _at(self, tag: int) -> int:
        """Return the file offset of the table of this tag, or -1 if there is none."""
        offset = self._elf.offset(self._elf.dynamic.get(tag, -1))
        return -1 if offset is None else offset

    def _table(self, tag: int, size: int, most: int = MAX_TABLE) -> bytes:
        offset = self._at(tag)
        if offset >= 0 and min(size, self._opened.stat.size - offset) > most:
            self._all_files.leave_out(self._path, "has more symbols than any known library")
        return self._opened.read(offset, min(size, most))

    def _words(self, offset: int, count: int) -> tuple[int, ...]:
        raw = self._opened.read(offset, min(count, MAX_SYMBOLS) * 4)
        return struct.unpack_from(f"{self._order}{len(raw) // 4}I", raw)

    def _hash_count(self) -> int:
        words = self._words(self._at(Tag.HASH), 2)
        return words[1] if len(words) == 2 else 0

    def _gnu_count(self) -> int:
        place = self._at(Tag.GNU_HASH)
        head = self._words(place, 4)
        if len(head) < 4:
            return 0
        buckets, first, bloom, _ = head
        place += 16 + bloom * (8 if self._wide else 4)
        last = max(self._words(place, buckets), default=0)
        if last < first:
            return first
        place += buckets * 4 + (last - first) * 4
        while last - first <= MAX_SYMBOLS:
            chunk = self._words(place, 64)
            for word in chunk:
                last += 1
                if word & 1:
                    return last
            if len(chunk) < 64:
                return last
            place += 256
        return last

    def _raw(self, index: int) -> tuple[int, int, int, int, int]:
        """Return (name, info, section, value, size) of a symbol."""
        if self._wide:
            name, info, _, section, value, size = struct.unpack_from(
                self._order + "IBBHQQ", self._symbols, index * 24
            )
        else:
            name, value, size, info, _, section = struct.unpack_from(
                self._order + "IIIBBH", self._symbols, index * 16
            )
        return name, info, section, value, size

    def _name(self, offset: int) -> str:
        most = offset + MAX_SYMBOL_NAME
        end = self._strings.find(b"\0", offset, most)
        return self._strings[offset : end if end >= 0 else most].decode("utf-8", "surrogateescape")

    def symbol(self, index: int) -> Optional[Symbol]:
        """Return the symbol at an index; None for a local symbol, and outside the table."""
        if index >= self.count:
            return None
        name, info, section, value, size = self._raw(index)
        if info >> 4 == STB_LOCAL:
            return None
        number = self._versym[index] & 0x7FFF if index < len(self._versym) else 0
        version = self._versions.get(number, "") if number > 1 else ""
        return Symbol(
            self._name(name),
            version,
            self._files.get(number, ""),
            section != 0,
            info >> 4 == STB_WEAK,
            value,
            size,
        )

    def find(self, name: str) -> Optional[Symbol]:
        """Return the defined symbol of this name, preferably in the default version."""
        wanted = name.encode("utf-8", "surrogateescape") + b"\0"
        places = set(_places(self._strings, wanted))
        hidden = None
        for index, raw in enumerate(self._all_raw() if places else ()):
            if raw[0] in places and index and raw[_SECTION[self._wide]]:
                if index >= len(self._versym) or not self._versym[index] & 0x8000:
                    return self.symbol(index)
                hidden = hidden or self.symbol(index)
        return hidden

    def names(self, beginning: str) -> Iterator[str]:
        """Yield the names of global symbols that begin so."""
        places = set(_places(self._strings, beginning.encode()))
        for raw in self._all_raw():
            if raw[0] in places and raw[_INFO[self._wide]] >> 4 != STB_LOCAL:
                yield self._name(raw[0])

    def _all_raw(self) -> Iterator[tuple[int, ...]]:
        layout = self._order + ("IBBHQQ" if self._wide else "IIIBBH")
        whole = self.count * struct.calcsize(layout)
        return struct.iter_unpack(layout, self._symbols[:whole])

    def defined_with(self, version: str) -> Iterator[str]:
        numbers = {number for number, name in self._versions.items() if name == version}
        for index, number in enumerate(self._versym):
            if number & 0x7FFF in numbers and self._raw(index)[2]:
                yield self._name(self._raw(index)[0])

    def references(self, version: str) -> Iterator[Reference]:
        seen = set()
        for index, lazy in self._relocated():
            if not index or (index, lazy) in seen:
                continue
            seen.add((index, lazy))
            found = self.symbol(index)
            if found and found.version == version and not found.defined and not found.weak:
                yield Reference(found.name, lazy)

    def _relocated(self) -> Iterator[tuple[int, bool]]:
        """Yield (symbol, looked up only when called) of each relocation, in the loader's order."""
        tags = self._elf.dynamic
        now = (
            Tag.BIND_NOW in tags
            or tags.get(Tag.FLAGS, 0) & DF_BIND_NOW
            or tags.get(Tag.FLAGS_1, 0) & Flags1.NOW
        )
        plt_rela = tags.get(Tag.PLTREL, Tag.RELA) == Tag.RELA
        for table, bytes_tag, addends, lazy in (
            (Tag.RELA, Tag.RELASZ, True, False),
            (Tag.REL, Tag.RELSZ, False, False),
            (Tag.JMPREL, Tag.PLTRELSZ, plt_rela, not now),
        ):
            words = 3 if addends else 2
            layout = self._order + ("Q" if self._wide else "I") * words
            size = struct.calcsize(layout)
            raw = self._table(table, tags.get(bytes_tag, 0))
            for fields in struct.iter_unpack(layout, raw[: len(raw) // size * size]):
                yield fields[1] >> (32 if self._wide else 8), lazy
