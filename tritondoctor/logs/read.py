"""Reads a log of any length in bounded memory and time, and keeps the lines that may matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from tritondoctor.logs.line import LONGEST, plain
from tritondoctor.logs.recognise import Seen, recognise

_CHUNK = 1 << 20
_DIGITS = b"0123456789"
#: a line that a sign can match holds one of these (the tests see to it)
NEEDLES = (
    b"rror", b"ailed", b"ailure", b"xception", b"arning", b"annot", b"ot found", b"NotFound", b"No ",
    b"nable", b"nitialized", b"in use", b"invalid", b"Too many", b"out of", b"nhealthy", b"not healthy",
    b"unavailable", b"Usage: ", b"ismatch", b"kernel", b"onflict", b"incompatible", b"version",
    b"timed out", b"efused", b"closed", b"empty response", b"leaked", b"ully loaded", b"available",
    b"enied", b"compat", b"fork", b"compiled", b"No address", b"Could not", b"Impossible",
    b"not a supported", b"FATAL", b"Killed", b"egmentation", b"Traceback", b"core dumped", b"Poll",
)  # fmt: skip
_LOOKS_BAD = (b"rror", b"Traceback", b"FATAL", b"xception:", b"egmentation", b"Killed", b"core dumped")
_MOST_SHAPES = 60_000
_MOST_READ = 12_000
_MOST_KEPT = 400


class Hit(NamedTuple):
    """A recognised line and where it stands."""

    number: int
    seen: Seen


class Log(NamedTuple):
    """What was found in a log; `complete`: every line that may matter was compared with the signs."""

    lines: int
    hits: list[Hit]
    suspects: list[tuple[int, str]]
    suspects_in_all: int
    complete: bool


def read(stream: BinaryIO) -> Log:
    """Compares a log with the signs; of lines that differ in digits only, the first counts."""
    shapes: set[int] = set()
    hits: list[Hit] = []
    suspects: list[tuple[int, str]] = []
    number = bad = compared = 0
    complete = True
    for number, raw in enumerate(_lines(stream), 1):
        shape = hash(raw.translate(None, _DIGITS))
        if shape in shapes:
            continue
        if len(shapes) < _MOST_SHAPES:
            shapes.add(shape)
        if not any(needle in raw for needle in NEEDLES):
            continue
        if compared >= _MOST_READ:
            complete = False
            continue
        compared += 1
        text = plain(raw)
        seen = recognise(text)
        if seen is not None and len(hits) < _MOST_KEPT:
            hits.append(Hit(number, seen))
        elif seen is None and _looks_bad(raw):
            bad += 1
            if len(suspects) < _MOST_KEPT:
                suspects.append((number, text.strip()))
    return Log(number, hits, suspects, bad, complete)


def _looks_bad(raw: bytes) -> bool:
    return any(word in raw for word in _LOOKS_BAD)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines; the middle of one that is longer than a chunk is passed over."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        yield from lines
        if len(rest) > _CHUNK:
            rest = rest[:LONGEST] + rest[-LONGEST:]
    if rest:
        yield rest
