"""One doctor at a time on a prefix: a lock on the folder itself, which leaves no file behind."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tritondoctor.remedies.operations import RemedyError


@contextmanager
def locked(prefix: str) -> Iterator[None]:
    """Holds the prefix (flock(2)); the kernel lets go of it however this process ends.

    Raises RemedyError where another holds it.
    """
    try:
        descriptor = os.open(prefix, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as failure:
        raise RemedyError(f"{prefix}: {failure.strerror}") from failure
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as failure:
        if failure.errno in (errno.EWOULDBLOCK, errno.EACCES):
            os.close(descriptor)
            raise RemedyError(
                f"Another tritondoctor is at work on {prefix}. Let it finish, then try again."
            ) from failure
    try:
        yield
    finally:
        os.close(descriptor)
