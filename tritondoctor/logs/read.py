"""Read a log of any length in bounded memory and time, and keep the lines that may matter."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from tritondoctor.logs import common_prefix, foreign, wrapped
from tritondoctor.logs.encodings import in_utf8
from tritondoctor.logs.kept import Hit, Kept
from tritondoctor.logs.line import LONGEST, plain, texts, undressed
from tritondoctor.logs.needles import ALL, STRONG, has_level, suspicious
from tritondoctor.logs.recognise import recognise
from tritondoctor.logs.tracebacks import Tracebacks
from tritondoctor.privacy.keys import KeyLines
from tritondoctor.privacy.values import HIDDEN

__all__ = ["Hit", "Log", "read"]

_BLOCK = 1 << 20
#: what differs between similar lines: numbers, and hexadecimal identifiers
_VARIES = b"0123456789abcdef"
_MOST_SHAPES = 50_000
_MOST_COMPARED = 12_000
_TAIL = 1_000
#: what people paste, in bytes; in longer logs lines are not joined by guessing
_SHORT = 1 << 16


class Log(NamedTuple):
    """The recognised and suspicious lines of a log; `complete`: no line that may matter was skipped."""

    lines: int
    hits: list[Hit]
    suspects: list[tuple[int, str]]
    suspects_in_all: int
    complete: bool
    #: number of the last suspicious line
    last_suspect: int = 0
    #: number of the last line of an exception that ended a program
    last_uncaught: int = 0


def read(stream: BinaryIO) -> Log:
    """Compare a log with the signs; of lines that differ only in numbers, the first is kept."""
    blocks = _blocks(stream)
    block = first = next(blocks, b"")
    reader = _LogReader(first)
    for block in itertools.chain((first,), blocks):
        reader.take(block)
    reader.take_tail(block)
    reader.take_broken()
    kept = reader.kept
    return Log(
        reader.number, kept.hits(), kept.suspects, kept.suspects_in_all, reader.complete,
        kept.last_suspect, kept.last_uncaught,
    )  # fmt: skip


class _LogReader:
    """Reads blocks; the first shows in which form the log is."""

    def __init__(self, first: bytes) -> None:
        self._prefix = common_prefix.learned(first)
        self._width = wrapped.width(self._bare(first))
        self._short = b""
        self.number = 0
        self.kept = Kept()
        self.complete = True
        self._tracebacks = Tracebacks()
        self._shapes: set[int] = set()
        self._compared = 0

    def _bare(self, block: bytes) -> bytes:
        if not self._prefix:
            return block
        return b"\n".join(common_prefix.without(self._prefix, line) for line in block.split(b"\n"))

    def take(self, block: bytes) -> None:
        """Compare a block of whole lines; if lines never repeat, look for the strong signs only."""
        block = self._bare(block)
        if len(self._short) <= _SHORT:
            self._short += block
        if len(self._shapes) < _MOST_SHAPES:
            needles: Iterable[bytes] = (*ALL, *foreign.needles())
            lines: Iterable[tuple[int, bytes]] = enumerate(block.split(b"\n"), self.number + 1)
            if self._width:
                lines = wrapped.joined(lines, self._width)
        else:
            needles = (*STRONG, *foreign.needles())
            lines = self._bearing(block, needles)
        for number, raw in lines:
            shape = hash(raw.translate(None, _VARIES))
            if self._tracebacks.open:
                self._shapes.add(shape)
                self._compare(number, raw, shape, _MOST_COMPARED)
            elif shape in self._shapes:
                if not self.kept.seen_again(shape, number, raw):
                    self._compare(number, raw, shape, _MOST_COMPARED)
            else:
                if len(self._shapes) < _MOST_SHAPES:
                    self._shapes.add(shape)
                if any(needle in raw for needle in needles) or has_level(raw):
                    self._compare(number, raw, shape, _MOST_COMPARED)
        self.number += block.count(b"\n")

    def take_tail(self, block: bytes) -> None:
        """Compare the last lines, which show how the log ended, if it was too long to compare all."""
        if not self.complete:
            lines = block.split(b"\n")
            first = self.number - block.count(b"\n") + 1
            for number, raw in list(enumerate(lines, first))[-_TAIL:]:
                if any(needle in raw for needle in (*ALL, *foreign.needles())):
                    shape = hash(raw.translate(None, _VARIES))
                    self._compare(number, raw, shape, _MOST_COMPARED + _TAIL)

    def take_broken(self) -> None:
        """Where a short log names nothing, look at lines that may have been one."""
        if len(self._short) > _SHORT or self.kept.tells():
            return
        named = {hit.seen.id for hit in self.kept.hits()}
        for number, raw in wrapped.neighbours(self._short):
            if any(needle in raw for needle in STRONG):
                occurrence = recognise(foreign.in_english(plain(raw)))
                if occurrence is None or occurrence.id in named:
                    continue
                if occurrence.tells or occurrence.role == "cause":
                    named.add(occurrence.id)  # the same lines are joined in several ways
                    self.kept.hit(hash(raw), number, occurrence)

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

    def _compare(self, number: int, raw: bytes, shape: int, most: int) -> None:
        if self._compared >= most:
            self.complete = False
            return
        self._compared += 1
        for text in texts(raw):
            part = self._tracebacks.take(text, number)
            english = foreign.in_english(text)
            occurrence = recognise(
                english, part.whole if part else self._tracebacks.with_advice(english, number)
            )
            if part and part.uncaught:
                self.kept.last_uncaught = number
            if part and part.opener and (occurrence is None or occurrence.role in ("cause", "effect")):
                self.kept.reported(shape)
                continue  # a part of what the opening line has said
            if occurrence is not None:
                self.kept.hit(shape, number, occurrence._replace(line=text.strip()))
                if occurrence.opens:
                    self._tracebacks.begin(occurrence)
            elif part and not part.whole:
                continue  # a line inside a traceback: the last one says what it is about
            elif not text[:1].isspace() and suspicious(english):
                self.kept.suspect(shape, number, text.strip())


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield blocks of whole lines; the middle of a line longer than a block is skipped."""
    rest = b""
    keys = KeyLines()
    for more in in_utf8(iter(lambda: stream.read(_BLOCK), b"")):
        whole, end, rest = (rest + more).rpartition(b"\n")
        if end:
            yield _without_keys(undressed(whole + end), keys)
        elif len(rest) > _BLOCK:
            rest = rest[:LONGEST] + rest[-LONGEST:]
    if rest:
        yield _without_keys(undressed(rest + b"\n"), keys)


def _without_keys(block: bytes, keys: KeyLines) -> bytes:
    """The block without the lines of private keys, each of which only its neighbours tell of."""
    if not keys.open and b"PRIVATE KEY" not in block and b"Private-Lines:" not in block:
        return block
    hidden = HIDDEN.encode()
    return b"\n".join(
        hidden if keys.hides(line.decode("latin-1")) else line for line in block.split(b"\n")
    )
