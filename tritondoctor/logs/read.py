"""Read a log of any length in bounded memory and time, and keep the lines that may matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from tritondoctor.logs.line import LONGEST, plain, without_colour
from tritondoctor.logs.needles import ALL, STRONG, SUSPICIOUS
from tritondoctor.logs.recognise import SignOccurrence, recognise

_BLOCK = 1 << 20
#: what differs between similar lines: numbers, and hexadecimal identifiers
_VARIES = b"0123456789abcdef"
_MOST_SHAPES = 50_000
_MOST_COMPARED = 12_000
_TAIL = 1_000
_MOST_KEPT = 400


class Hit(NamedTuple):
    """A recognised line and its number."""

    number: int
    seen: SignOccurrence


class Log(NamedTuple):
    """The recognised and suspicious lines of a log; `complete`: no line that may matter was skipped."""

    lines: int
    hits: list[Hit]
    suspects: list[tuple[int, str]]
    suspects_in_all: int
    complete: bool


def read(stream: BinaryIO) -> Log:
    """Compare a log with the signs; of lines that differ only in numbers, the first counts."""
    reader = _LogReader()
    block = b""
    for block in _blocks(stream):
        reader.take(block)
    reader.take_tail(block)
    return Log(reader.number, reader.hits, reader.suspects, reader.bad, reader.complete)


class _LogReader:
    def __init__(self) -> None:
        self.number = 0
        self.hits: list[Hit] = []
        self.suspects: list[tuple[int, str]] = []
        self.bad = 0
        self.complete = True
        self._shapes: set[int] = set()
        self._compared = 0

    def take(self, block: bytes) -> None:
        """Compare a block of whole lines; if lines never repeat, look for the strong signs only."""
        if len(self._shapes) < _MOST_SHAPES:
            needles: Iterable[bytes] = ALL
            lines: Iterable[tuple[int, bytes]] = enumerate(block.split(b"\n"), self.number + 1)
        else:
            needles = STRONG
            lines = self._bearing(block, needles)
        for number, raw in lines:
            if self._is_new(raw) and any(needle in raw for needle in needles):
                self._compare(number, raw, _MOST_COMPARED)
        self.number += block.count(b"\n")

    def take_tail(self, block: bytes) -> None:
        """Compare the last lines, which show how the log ended, if it was too long to compare all."""
        if not self.complete:
            lines = block.split(b"\n")
            first = self.number - block.count(b"\n") + 1
            for number, raw in list(enumerate(lines, first))[-_TAIL:]:
                if any(needle in raw for needle in ALL):
                    self._compare(number, raw, _MOST_COMPARED + _TAIL)

    def _is_new(self, raw: bytes) -> bool:
        shape = hash(raw.translate(None, _VARIES))
        if shape in self._shapes:
            return False
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes.add(shape)
        return True

    def _bearing(self, block: bytes, needles: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield the lines of a block that contain a needle, with their numbers."""
        if self._compared >= _MOST_COMPARED:
            self.complete = False
            return
        starts: set[int] = set()
        for needle in needles:
            at = block.find(needle)
            while at >= 0 and len(starts) <= _MOST_COMPARED:
                starts.add(block.rfind(b"\n", 0, at) + 1)
                end = block.find(b"\n", at)
                at = block.find(needle, end) if end >= 0 else -1
        counted, number = 0, self.number + 1
        for start in sorted(starts):
            number += block.count(b"\n", counted, start)
            counted = start
            end = block.find(b"\n", start)
            yield number, block[start : end if end >= 0 else len(block)]

    def _compare(self, number: int, raw: bytes, most: int) -> None:
        if self._compared >= most:
            self.complete = False
            return
        self._compared += 1
        text = plain(raw)
        seen = recognise(text)
        if seen is not None and len(self.hits) < _MOST_KEPT:
            self.hits.append(Hit(number, seen))
        elif seen is None and not text[:1].isspace() and any(word in raw for word in SUSPICIOUS):
            self.bad += 1
            if len(self.suspects) < _MOST_KEPT:
                self.suspects.append((number, text.strip()))


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield blocks of whole lines; the middle of a line longer than a block is skipped."""
    rest = b""
    while more := stream.read(_BLOCK):
        whole, end, rest = (rest + more).rpartition(b"\n")
        if end:
            yield without_colour(whole + end)
        elif len(rest) > _BLOCK:
            rest = rest[:LONGEST] + rest[-LONGEST:]
    if rest:
        yield without_colour(rest + b"\n")
