"""The names in a zip file, from its central directory alone (PKWARE's APPNOTE.TXT, 4.3.12 and 4.3.16)."""

from __future__ import annotations

import struct

from tritondoctor.loader import Files

_END, _ENTRY = b"PK\5\6", b"PK\1\2"
_END_SIZE, _ENTRY_SIZE, _COMMENT = 22, 46, 1 << 16
_MOST = 1 << 24


def names(files: Files, path: str) -> list[str]:
    """The names as zipimport reads them.  Raises OSError; ValueError for what is no zip file."""
    with files.open(path) as opened:
        tail_at = max(opened.stat.size - _END_SIZE - _COMMENT, 0)
        tail = opened.read(tail_at, _END_SIZE + _COMMENT)
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < _END_SIZE:
            raise ValueError(f"no zip file: {path}")
        size, _ = struct.unpack_from("<II", tail, at + 12)
        # what stands before the archive (a shell's first line) moves it, so it is found from the end
        directory = opened.read(tail_at + at - size, min(size, _MOST))
    if size > _MOST:
        files.leave_out(path, "has more entries than any archive that we know")
    return _entries(directory)


def _entries(directory: bytes) -> list[str]:
    names, place = [], 0
    while directory.startswith(_ENTRY, place) and len(directory) - place >= _ENTRY_SIZE:
        name, extra, comment = struct.unpack_from("<HHH", directory, place + 28)
        start = place + _ENTRY_SIZE
        names.append(directory[start : start + name].decode("utf-8", "replace"))
        place = start + name + extra + comment
    return names
