"""The reader of ld.so.cache.

Format and rules: glibc's sysdeps/generic/dl-cache.h and elf/dl-cache.c (`search_cache`,
`_dl_cache_libcmp`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Optional

import msgspec

from .header import EM_386, EM_AARCH64, EM_X86_64, Abi

OLD_MAGIC = b"ld.so-1.7.0"
NEW_MAGIC = b"glibc-ld.so.cache1.1"
OLD_HEADER, OLD_ENTRY = 16, 12
NEW_HEADER, NEW_ENTRY = 48, 24
EXTENSION_MAGIC = (1 << 32) - 358342284
TAG_HWCAPS = 1
ISA_LEVEL_MASK = 0x3FF
NAMED_HWCAP = 1 << 30
#: far above real caches, which have a few thousand entries
MAX_ENTRIES, MAX_NAME, MAX_PATH, MAX_HWCAPS = 1 << 15, 256, 4096, 64
DEFAULT_FLAGS = {(64, EM_X86_64): 0x0303, (32, EM_X86_64): 0x0803, (64, EM_AARCH64): 0x0A03}


class CacheEntry(msgspec.Struct, frozen=True):
    """A line of `ldconfig -p`. `named` is its glibc-hwcaps subdirectory, or None."""

    name: str
    path: str
    flags: int
    hwcap: int
    named: Optional[str]


class Cache:
    """A parsed ld.so.cache. Raises ValueError for content that the loader would ignore."""

    def __init__(self, content: bytes, abi: Abi, hwcaps: Sequence[str] = (), legacy: int = 0) -> None:
        """`hwcaps`: active glibc-hwcaps names, best first; `legacy`: the bits that are accepted."""
        self._content = content
        self._refused = ~legacy
        self._flags = DEFAULT_FLAGS.get((abi.bits, abi.machine), 0x0003)
        self._also = {1} if abi.machine == EM_386 else set()
        self._priority = {name: index for index, name in enumerate(hwcaps)}
        self._order = "<" if abi.little else ">"
        self._base = self._new_header(abi)
        self._named = self._named_hwcaps()
        self._by_name: Optional[dict[str, list[CacheEntry]]] = None

    def lookup(self, name: str) -> Optional[str]:
        """Return the path that the loader takes from the cache for a name; None if there is none."""
        if self._by_name is None:
            self._by_name = {}
            for entry in self.entries():
                self._by_name.setdefault(entry.name, []).append(entry)
        best: Optional[CacheEntry] = None
        for entry in self._by_name.get(name, ()):
            if entry.flags != self._flags and entry.flags not in self._also:
                continue
            if entry.named is None:
                if entry.hwcap & self._refused:
                    continue
                return best.path if best else entry.path
            priority = self._priority.get(entry.named)
            if priority is None:
                continue
            if best is None or priority < self._priority[best.named or ""]:
                best = entry
        return best.path if best else None

    def entries(self) -> list[CacheEntry]:
        """Return all entries, in the order of the cache."""
        found = []
        raw, base = self._content, self._base
        limit = len(raw)
        for index in range(min(self.count, MAX_ENTRIES)):
            place = base + NEW_HEADER + index * NEW_ENTRY
            flags, key, value, _, hwcap = struct.unpack_from(self._order + "iIIIQ", raw, place)
            if base + key >= limit or base + value >= limit:
                continue
            named = None
            if (hwcap >> 32) & ~ISA_LEVEL_MASK == NAMED_HWCAP:
                number = hwcap & 0xFFFFFFFF
                named = self._named[number] if number < len(self._named) else ""
            name, path = self._text(key, MAX_NAME), self._text(value, MAX_PATH)
            found.append(CacheEntry(name, path, flags, hwcap, named))
        return found

    @property
    def count(self) -> int:
        """The number of entries by the header."""
        (count,) = struct.unpack_from(self._order + "I", self._content, self._base + 20)
        return int(count)

    def _text(self, offset: int, most: int) -> str:
        start = self._base + offset
        end = self._content.find(b"\0", start, start + most)
        raw = self._content[start : end if end >= 0 else start + most]
        return raw.decode("utf-8", "surrogateescape")

    def _new_header(self, abi: Abi) -> int:
        raw, base = self._content, 0
        if raw.startswith(OLD_MAGIC) and len(raw) > OLD_HEADER:
            (count,) = struct.unpack_from(self._order + "I", raw, 12)
            base = -(-(OLD_HEADER + count * OLD_ENTRY) // 8) * 8
        if raw[base : base + len(NEW_MAGIC)] != NEW_MAGIC or len(raw) < base + NEW_HEADER:
            raise ValueError("not an ld.so.cache in the format of glibc 2.2 or later")
        (count,) = struct.unpack_from(self._order + "I", raw, base + 20)
        if (len(raw) - base - NEW_HEADER) // NEW_ENTRY < count:
            raise ValueError("ld.so.cache is cut short")
        flags = raw[base + 28]
        if flags and flags & 3 != (2 if abi.little else 3):
            raise ValueError("ld.so.cache is of another byte order")
        return base

    def _named_hwcaps(self) -> list[str]:
        raw = self._content
        (offset,) = struct.unpack_from(self._order + "I", raw, self._base + 32)
        if not offset or offset % 4 or offset + 8 > len(raw):
            return []
        magic, count = struct.unpack_from(self._order + "II", raw, offset)
        if magic != EXTENSION_MAGIC or offset + 8 + count * 16 > len(raw):
            return []
        for index in range(count):
            section = struct.unpack_from(self._order + "IIII", raw, offset + 8 + index * 16)
            tag, _, start, size = section
            if tag == TAG_HWCAPS and size % 4 == 0 and start + size <= len(raw):
                count = min(size // 4, MAX_HWCAPS)
                numbers = struct.unpack_from(f"{self._order}{count}I", raw, start)
                return [self._text(number, MAX_NAME) for number in numbers]
        return []
