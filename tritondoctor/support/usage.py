"""Whether a file is in use.

A file that some process has open, maps or runs cannot be leased for writing (fcntl(2), F_SETLEASE):
that holds in every container too, where /proc shows only our own processes.  Standard library only.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from typing import Optional

from tritondoctor.support import reading

#: far more than PyTriton makes in a folder
_DEPTH, _MOST = 8, 2_000


def unused(path: str) -> Optional[bool]:
    """Whether no process anywhere has the file open, mapped or running; None where that is unknown."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            # the signal by which the kernel announces a newcomer; this process ignores it
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        finally:
            os.close(file)
    except OSError as failure:
        return False if failure.errno == errno.EAGAIN else None
    return True


def used_files(folder: str) -> Iterator[str]:
    """Yield the files in a folder that a process uses, or may use; of very many the first."""
    try:
        for entry in reading.walk(folder, _DEPTH, _MOST):
            if entry.is_file(follow_symlinks=False) and unused(entry.path) is not True:
                yield entry.path
    except OSError:
        return
