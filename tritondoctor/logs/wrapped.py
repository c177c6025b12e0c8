"""Lines that a window, a mail or a picture has broken: where they are broken, and how they read whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

_NARROWEST = 40
_WIDEST = 400
#: unlike lines that fill the window, at least
_FEWEST_FULL = 3
#: lines nearly as long: a window breaks few of them, and a program that writes long lines many
_NEARLY = 12
_MOST_JOINED = 40
_MOST_NEIGHBOURS = 4
#: a longer log is read line by line only
_MOST_LINES = 400
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
#: how a line begins that goes on with no other
_BEGINS = re.compile(
    rb"[IWEF]\d{4} \d\d:|\[?\d{4}[-/]\d\d|\d\d:\d\d:|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b|Traceback|"
    rb"\s*File \"|[|+\xe2]|\s*$|[\w.]+(?:Error|Exception): "
)
_TABLE = (b"|", b"+", b"-", b"=", b"\xe2")


def width(block: bytes) -> int:
    """Return the width at which the lines of a block are broken, in characters; 0: they are not."""
    lines = [line for line in block.split(b"\n") if not line.startswith(_TABLE)]
    lengths = Counter(_length(line) for line in lines)
    widest = max(lengths, default=0)
    if not _NARROWEST <= widest <= _WIDEST:
        return 0
    full = {line.translate(_DIGITS) for line in lines if _length(line) == widest}
    nearly = sum(lengths[widest - less] for less in range(1, _NEARLY + 1))
    return widest if len(full) >= _FEWEST_FULL and len(full) > nearly else 0


def joined(lines: Iterable[tuple[int, bytes]], width: int) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines, those that were broken at a width as one."""
    first = 0
    parts: list[bytes] = []
    for number, line in lines:
        if parts and (_length(parts[-1]) != width or len(parts) >= _MOST_JOINED or _BEGINS.match(line)):
            yield first, b"".join(parts)
            parts = []
        first = first if parts else number
        parts.append(line)
    if parts:
        yield first, b"".join(parts)


def neighbours(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each line of a short block with the few that follow it, as one line.

    Mails, chats and pictures break lines at words, and one line alone shows no width.
    """
    lines = block.split(b"\n")
    if len(lines) > _MOST_LINES:
        return
    for number, line in enumerate(lines, 1):
        parts = [line.rstrip()]
        for following in lines[number : number + _MOST_NEIGHBOURS]:
            if not parts[0] or not following.strip() or _BEGINS.match(following):
                break
            parts.append(following.strip())
            yield number, b" ".join(parts)
            yield number, b"".join(parts)


def _length(line: bytes) -> int:
    line = line.rstrip()
    return len(line) if line.isascii() else len(line.decode("utf-8", "replace"))
