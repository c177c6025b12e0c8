"""A stream of reports from files, folders, JSON lines and concatenated JSON objects."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple, Optional

import msgspec

from tritondoctor.examination.snapshot import MOST_BYTES
from tritondoctor.support import structs
from tritondoctor.support.errors import UsageError
from tritondoctor.support.reading import Limit, Unreadable, open_named, read_bytes, walk

STDIN = "-"
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".snapshot")
_BOM = b"\xef\xbb\xbf"


class ReadingError(UsageError):
    """What was named cannot be read; the message says what and why."""


class Piece(NamedTuple):
    """A JSON object: `source` is its file and, if that has several, the line; `name` is the host's name
    unless the object gives one.  `content` is None if it is longer than any report.
    """

    source: str
    name: str
    content: Optional[bytes]


def pieces(paths: Sequence[str]) -> Iterator[Piece]:
    """Yield all objects, read on demand.  Raises ReadingError."""
    files = [file for path in paths for file in _files(path)]
    for file, name in zip(files, _names(files)):
        try:
            if file == STDIN:
                yield from _of(sys.stdin.buffer, "standard input", "stdin")
            else:
                with _opened(file, named=file in paths) as opened:
                    yield from _of(opened, file, name)
        except OSError as failure:
            raise ReadingError(f"{file}: {failure.strerror or failure}.") from None


@contextmanager
def _opened(path: str, *, named: bool) -> Iterator[BinaryIO]:
    """Open a report: a named file may be a pipe, a file in a folder is a regular file."""
    if named:
        with open_named(path) as opened:
            yield opened
    else:
        yield io.BytesIO(read_bytes(path, Limit.REPORTS))


def _files(path: str) -> list[str]:
    if path == STDIN or not os.path.isdir(path):
        return [path]
    try:
        found = sorted(
            entry.path
            for entry in walk(path)
            if entry.name.endswith(_SUFFIXES) and not entry.name.startswith(".") and entry.is_file()
        )
    except Unreadable as failure:
        raise ReadingError(f"{failure.filename}: {failure.strerror}.") from None
    if not found:
        raise ReadingError(f"{path}: no reports in this folder (*{', *'.join(_SUFFIXES)}).")
    return found


def _names(files: Sequence[str]) -> Iterator[str]:
    """Yield the stem of each file, after its folder if several files have that stem."""
    stem_paths = [os.path.splitext(file)[0] for file in files]
    stems = Counter(os.path.basename(stem_path) for stem_path in stem_paths)
    for stem_path in stem_paths:
        stem = os.path.basename(stem_path)
        yield (
            stem if stems[stem] == 1 else os.path.join(os.path.basename(os.path.dirname(stem_path)), stem)
        )


def _of(file: BinaryIO, source: str, name: str) -> Iterator[Piece]:
    """Yield the objects of a file: a single one under the file's name, several with their lines."""
    first: Optional[tuple[int, Optional[bytes]]] = None
    several = False
    for line, content in objects(file):
        if first is None:
            first = line, content
            continue
        if not several:
            yield Piece(f"{source}:{first[0]}", f"{name}:{first[0]}", first[1])
            several = True
        yield Piece(f"{source}:{line}", f"{name}:{line}", content)
    if first is None:
        yield Piece(source, name, b"")
    elif not several:
        yield Piece(source, name, first[1])


def objects(file: BinaryIO) -> Iterator[tuple[int, Optional[bytes]]]:
    """Yield (first line, text) of each object; the text is None if it is too long.

    In a file of several objects each takes one line, or lines of which the first begins with { and the
    last with }, as writers of JSON print them.  An object that was cut off ends where the next begins.
    """
    head = file.read(MOST_BYTES + 1).removeprefix(_BOM)
    if len(head) <= MOST_BYTES and _is_one(head):
        yield 1, head
        return
    kept: list[bytes] = []
    size = began = number = 0

    def whole() -> tuple[int, Optional[bytes]]:
        return began, b"".join(kept) if size <= MOST_BYTES else None

    for line in _lines(head, file):
        number += 1
        if kept and line.startswith(b"{"):
            yield whole()
            kept, size = [], 0
        if not kept:
            if not line.strip():
                continue
            began = number
        size += len(line)
        kept.append(line if size <= MOST_BYTES else b"")
        if line.startswith(b"}") or (len(kept) == 1 and line.rstrip().endswith(b"}")):
            yield whole()
            kept, size = [], 0
    if kept:
        yield whole()


def _lines(head: bytes, rest: BinaryIO) -> Iterator[bytes]:
    start = 0
    while (end := head.find(b"\n", start) + 1) > 0:
        yield head[start:end]
        start = end
    last = head[start:] + rest.readline(MOST_BYTES + 1)
    if last:
        yield last
    yield from iter(lambda: rest.readline(MOST_BYTES + 1), b"")


def _is_one(content: bytes) -> bool:
    try:
        structs.decode(content, type=msgspec.Raw)
    except (structs.Malformed, RecursionError):
        return False
    return True
