"""What the doctor itself lacks, reported as its own fault and never as that of what it examines."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator

from tritondoctor.support.soft_limits import soft_limit

#: open at once in the middle of a check, with the pipes to the interpreter
DESCRIPTORS = 8
_SCARCE = {
    errno.EMFILE: "file descriptors", errno.ENFILE: "file descriptors", errno.EAGAIN: "processes",
}  # fmt: skip
#: where it writes
_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
#: the loader's and glibc's words for it, where an extension module cannot be mapped
_WORDS = (os.strerror(errno.EMFILE), os.strerror(errno.ENOMEM), "failed to map segment", "cannot map")
_LIMITS = (
    (resource.RLIMIT_AS, "ulimit -v: {} kB", 1024),
    (resource.RLIMIT_DATA, "ulimit -d: {} kB", 1024),
    (resource.RLIMIT_NOFILE, "ulimit -n: {}", 1),
    (resource.RLIMIT_NPROC, "ulimit -u: {}", 1),
)
_PLENTY = {resource.RLIMIT_AS: 1 << 30, resource.RLIMIT_DATA: 1 << 30, resource.RLIMIT_NOFILE: 256,
           resource.RLIMIT_NPROC: 1024}  # fmt: skip


class ShortageError(Exception):
    """The doctor cannot do its work for want of something; the message says of what."""


def require_descriptors() -> None:
    """Raises ShortageError where a check would run out of descriptors in its middle, and take files
    that it cannot open for files that are missing.
    """
    opened: list[int] = []
    try:
        opened.extend(os.dup(2) for _ in range(DESCRIPTORS))
    except OSError as failure:
        raise ShortageError(words_of(failure)) from failure
    finally:
        for number in opened:
            os.close(number)


def is_shortage(failure: BaseException) -> bool:
    """Whether the doctor ran out of something."""
    if isinstance(failure, (MemoryError, ShortageError)):
        return True
    if isinstance(failure, SystemError):  # an extension module that forgot to say MemoryError
        return "without exception set" in str(failure)
    if isinstance(failure, OSError):
        return failure.errno in (*_SCARCE, errno.ENOMEM, *_ROOM)
    return isinstance(failure, ImportError) and any(word in str(failure) for word in _WORDS)


def words_of(failure: BaseException) -> str:
    """Of what it has too little, and the limits that are low."""
    if isinstance(failure, ShortageError):
        return str(failure)
    if isinstance(failure, OSError) and failure.errno in _ROOM:
        return f"{failure.filename or 'a file of the doctor'}: {failure.strerror}"
    number = failure.errno if isinstance(failure, OSError) and failure.errno else errno.ENOMEM
    limits = ", ".join(_low_limits())
    return f"not enough {_SCARCE.get(number, 'memory')} for the doctor ({limits or 'no low limit'})"


def _low_limits() -> Iterator[str]:
    for limit, text, unit in _LIMITS:
        soft = soft_limit(limit)
        if 0 <= soft < _PLENTY[limit]:
            yield text.format(soft // unit)
