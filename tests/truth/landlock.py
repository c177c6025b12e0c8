"""Starts a program below a sandbox of Landlock (landlock(7)), which takes no rights to put on.

    python landlock.py FOLDER… -- COMMAND…

Nothing may be made or written but in these folders.  Standard library of any Python.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Sequence

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PATH_BENEATH, _NO_NEW_PRIVS = 1, 38
#: LANDLOCK_ACCESS_FS_* of linux/landlock.h, third version: all, those to read and run, those of a file
_ALL, _READING, _OF_FILE = (1 << 15) - 1, 0b1101, 0b100000000000111
_LIBC = ctypes.CDLL(None, use_errno=True)


def available() -> bool:
    """Return whether this kernel has Landlock, in a version that is new enough."""
    return int(_LIBC.syscall(_CREATE, None, 0, 1)) >= 3


def confine(folders: Sequence[str]) -> None:
    """Forbid this process to write outside of these folders."""
    attributes = struct.pack("Q", _ALL)
    rules = _called(_LIBC.syscall(_CREATE, attributes, len(attributes), 0))
    for path in ("/", *folders):
        allowed = _READING if path == "/" else _ALL if os.path.isdir(path) else _OF_FILE
        rule = struct.pack("=Qi", allowed, os.open(path, os.O_PATH))
        _called(_LIBC.syscall(_ADD, rules, _PATH_BENEATH, rule, 0))
    _called(_LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    _called(_LIBC.syscall(_RESTRICT, rules, 0))
    os.close(rules)


def _called(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    end = sys.argv.index("--")
    confine(sys.argv[1:end])
    os.execvp(sys.argv[end + 1], sys.argv[end + 1 :])
