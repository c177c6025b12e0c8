"""One doctor at a time on a prefix: a lock on the folder itself, which leaves no file behind."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tritondoctor.remedies.operations import RemedyError


class HeldPrefix(NamedTuple):
    """A prefix that is held: the folder itself, whatever its path leads to by now."""

    prefix: str
    descriptor: int

    def examine(self) -> None:
        """Raises RemedyError where something else was put in its place, a link to another folder too."""
        held = os.fstat(self.descriptor)
        try:
            there = os.stat(self.prefix)
        except OSError as failure:
            raise RemedyError(f"{self.prefix}: {failure.strerror}") from failure
        if (there.st_dev, there.st_ino) != (held.st_dev, held.st_ino):
            raise RemedyError(f"{self.prefix} is another folder by now")


@contextmanager
def locked(prefix: str) -> Iterator[HeldPrefix]:
    """Hold the prefix (flock(2)); the kernel lets go of it however this process ends.

    Raises RemedyError where another doctor holds it, or its file system has no locks: two doctors at
    once could each undo half of the other's work.
    """
    try:
        descriptor = os.open(prefix, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as failure:
        raise RemedyError(f"{prefix}: {failure.strerror}") from failure
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as failure:
        os.close(descriptor)
        raise RemedyError(_why(prefix, failure)) from failure
    try:
        yield HeldPrefix(prefix, descriptor)
    finally:
        os.close(descriptor)


def _why(prefix: str, failure: OSError) -> str:
    if failure.errno in (errno.EWOULDBLOCK, errno.EACCES):
        return f"Another tritondoctor is working on {prefix}. Let it finish, then try again."
    return (
        f"{prefix} cannot be locked ({failure.strerror}), so a second tritondoctor could work on it at "
        "the same time. Nothing was changed. Run this on a machine where that file system has locks."
    )
