"""What a zip file on the search path holds, as zipimport reads it (PKWARE's APPNOTE.TXT, 4.3)."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator, Mapping

import msgspec

from tritondoctor.loader import Files
from tritondoctor.loader.nodes import NodeKind, error
from tritondoctor.support.reading import Limit

_END, _ENTRY, _MEMBER = b"PK\5\6", b"PK\1\2", b"PK\3\4"
_END_SIZE, _ENTRY_SIZE, _MEMBER_SIZE, _COMMENT = 22, 46, 30, 1 << 16
_MOST, _DEEPEST = 1 << 24, 60
_STORED, _DEFLATED = 0, 8


class _PackedFile(msgspec.Struct, frozen=True):
    name: str
    method: int
    packed: int
    size: int
    place: int


class Archive:
    """A zip file by its central directory; raises OSError, and ValueError for what is no zip file."""

    def __init__(self, files: Files, path: str) -> None:
        self._files, self._path = files, path
        with files.open(path) as opened:
            tail_at = max(opened.stat.size - _END_SIZE - _COMMENT, 0)
            tail = opened.read(tail_at, _END_SIZE + _COMMENT)
            at = tail.rfind(_END)
            if at < 0 or len(tail) - at < _END_SIZE:
                raise ValueError(f"no zip file: {path}")
            size, first = struct.unpack_from("<II", tail, at + 12)
            # what stands before the archive (a shell's first line) moves it, so it is found from the end
            directory = opened.read(tail_at + at - size, min(size, _MOST))
        if size > _MOST:
            files.leave_out(path, "has more entries than any archive that we know")
        self._moved = tail_at + at - size - first
        self._entries = {entry.name: entry for entry in _entries(directory)}
        self._folders: dict[str, dict[str, NodeKind]] = {"": {}}
        for name in self._entries:
            if name.count("/") <= _DEEPEST:
                self._place(name)

    def names(self, folder: str) -> Mapping[str, NodeKind]:
        """The names in a folder of it, "" for the outermost, with their kinds."""
        return self._folders.get(folder, {})

    def read(self, name: str) -> bytes:
        """The content of a file in it.  Raises OSError."""
        entry = self._entries.get(name)
        if entry is None:
            raise error(errno.ENOENT, self._path)
        with self._files.open(self._path) as opened:
            head = opened.read(self._moved + entry.place, _MEMBER_SIZE)
            if not head.startswith(_MEMBER) or max(entry.packed, entry.size) > Limit.SOURCE:
                raise error(errno.EBADMSG, self._path)
            skipped = _MEMBER_SIZE + sum(struct.unpack_from("<HH", head, 26))
            packed = opened.read(self._moved + entry.place + skipped, entry.packed)
        try:
            content = _unpacked(entry.method, packed, entry.size)
        except zlib.error:
            content = b""
        if len(content) != entry.size:
            raise error(errno.EBADMSG, self._path)
        return content

    def _place(self, name: str) -> None:
        folder, _, last = name.rstrip("/").rpartition("/")
        kind: NodeKind = "dir" if name.endswith("/") else "file"
        while last and last not in self._folders.setdefault(folder, {}):
            self._folders[folder][last] = kind
            folder, _, last = folder.rpartition("/")
            kind = "dir"


def _unpacked(method: int, packed: bytes, size: int) -> bytes:
    if method == _DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    return packed if method == _STORED else b""


def _entries(directory: bytes) -> Iterator[_PackedFile]:
    place = 0
    while directory.startswith(_ENTRY, place) and len(directory) - place >= _ENTRY_SIZE:
        (method,) = struct.unpack_from("<H", directory, place + 10)
        packed, size, name, extra, comment = struct.unpack_from("<IIHHH", directory, place + 20)
        (at,) = struct.unpack_from("<I", directory, place + 42)
        start = place + _ENTRY_SIZE
        text = directory[start : start + name].decode("utf-8", "replace")
        yield _PackedFile(text, method, packed, size, at)
        place = start + name + extra + comment
