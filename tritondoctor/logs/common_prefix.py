"""What stands before nearly every line of a log, whatever program put it there: learned, not known.

Pods, containers, job runners and chats each have a form of their own.  Its digits differ from line to
line, and the rest does not.
"""

from __future__ import annotations

import re
from collections import Counter

_MOST_LINES = 400
_FEWEST_LINES = 5
#: of the lines that are not empty
_SHARE = 0.8
_LONGEST = 200
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
#: what tritonserver itself writes (glog), records, which are read by their members, and sentences
_OWN = re.compile(rb"[IWEF]0000 00:00:|[{=]|\b[a-z]{2,} [a-z]{2,}\b")
#: what a prefix has and the beginning of a message has not: a number, a bracket, a bar, a mark of quoting
_MARK = re.compile(rb"[0|\[(>+]|^[\W_]*$")
_END = re.compile(rb".*[\s|>+:]", re.DOTALL)


def learned(block: bytes) -> bytes:
    """Return the prefix of a block's lines, digits as zeros; empty where they share none."""
    lines = [line.translate(_DIGITS) for line in block.split(b"\n") if line.strip()][:_MOST_LINES]
    if len(lines) < _FEWEST_LINES:
        return b""
    alike = lines
    length = 0
    while length < _LONGEST:
        byte, count = Counter(line[length : length + 1] for line in alike).most_common(1)[0]
        if not byte or count < len(lines) * _SHARE:
            break
        alike = [line for line in alike if line[length : length + 1] == byte]
        length += 1
    prefix = alike[0][:length]
    own = _OWN.search(prefix)
    end = _END.match(prefix[: own.start()] if own else prefix)
    return end[0] if end and _MARK.search(end[0]) else b""


def without(prefix: bytes, line: bytes) -> bytes:
    """Return a line without the prefix that `learned` returned, if it has it."""
    if prefix and line[: len(prefix)].translate(_DIGITS) == prefix:
        return line[len(prefix) :]
    return line
