"""The chunks of a log as UTF-8, however it was kept: gzip of logrotate, UTF-16, GBK, a mark."""

from __future__ import annotations

import codecs
import itertools
import re
import zlib
from collections.abc import Iterable, Iterator

#: what comes out of a compressed log at most, in bytes; the rest is not read
_MOST_UNPACKED = 1 << 30
_PIECE = 1 << 20
#: lines and arrows of a box have bytes of zero, too (U+2500)
_FEW = 8
_GZIP = b"\x1f\x8b"
#: zlib's manual, inflateInit2: 16 and the largest window, a gzip stream
_GZIP_WINDOW = 31
#: what is not ASCII; in GBK nearly every run has an even length, since a character has two bytes
_HIGH = re.compile(rb"[\x80-\xff]+")
#: of the bytes in runs of an even length, those of one character at most are chance
_FEWEST = 3
_GBK = "gb18030"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def in_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text of a log's chunks; what is neither compressed nor UTF-16 nor GBK stays as it is.

    One layer of compression is taken off: a stream can be made that unpacks to itself.
    """
    rest = iter(chunks)
    first = next(rest, b"")
    if first.startswith(_GZIP):
        rest = _unpacked(itertools.chain((first,), rest))
        first = next(rest, b"")
    encoding = _utf16(first) or _gbk(first)
    if encoding:
        yield from _transcoded(itertools.chain((first,), rest), encoding)
    else:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from rest


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """A damaged stream ends where it is damaged."""
    unpacker, left = zlib.decompressobj(_GZIP_WINDOW), _MOST_UNPACKED
    for chunk in chunks:
        while chunk and left > 0:
            try:
                piece = unpacker.decompress(chunk, _PIECE)
            except zlib.error:
                return
            left -= len(piece)
            yield piece
            chunk = unpacker.unconsumed_tail
            if unpacker.eof:  # gzip(1): a file may hold several streams
                chunk, unpacker = unpacker.unused_data, zlib.decompressobj(_GZIP_WINDOW)


def _utf16(head: bytes) -> str:
    """Return the codec of a log in UTF-16, by its mark or by the zeros of its Latin letters; else ""."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    start = head[:400]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = start[offset::2].count(0), start[1 - offset :: 2].count(0)
        if zeros > len(start) // 4 and zeros > others * _FEW:
            return encoding
    return ""


def _gbk(head: bytes) -> str:
    """Return the codec of a log in GBK, which Chinese Windows and old terminals write; else ""."""
    runs = _HIGH.findall(head)
    even = sum(len(run) for run in runs if len(run) % 2 == 0)
    if even <= _FEWEST or even < _FEW * sum(len(run) for run in runs if len(run) % 2):
        return ""
    return "" if _decodes(head, "utf-8") or not _decodes(head, _GBK) else _GBK


def _decodes(head: bytes, encoding: str) -> bool:
    """Whether a text, which may be cut off in a character, is in this encoding."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _transcoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).replace("\ufeff", "").encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
