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
from typing import Optional


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
