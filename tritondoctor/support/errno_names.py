"""Errors of the kernel by their names of errno(3), so that they can be kept as data and worded later.

Standard library only.
"""

from __future__ import annotations

import errno
import os


def errno_name(failure: OSError) -> str:
    """Return `ENOENT` and the like; the number where it has no name, "" where there is none."""
    number = failure.errno
    return "" if number is None else errno.errorcode.get(number, str(number))


def errno_words(name: str) -> str:
    """Return the kernel's words for an error's name; the name itself where this system has no such."""
    number = getattr(errno, name, None)
    return os.strerror(number) if isinstance(number, int) else name
