"""Whether a sandbox forbids to write where permissions allow it.

access(2) asks file permissions and mounts, but neither Landlock nor AppArmor (landlock(7): its rules hold
for what opens or makes a file).  So, where there may be such a sandbox, a file without a name is made
(open(2), O_TMPFILE): it is gone when it is closed, and the folder stays as it was.
"""

from __future__ import annotations

import ctypes
import os

from tritondoctor.support.errno_names import errno_name
from tritondoctor.support.reading import Limit, read_text

#: linux/prctl.h; every sandbox that a user puts on has set it, as landlock_restrict_self(2) demands
_GET_NO_NEW_PRIVS = 39
_FORBIDDEN = ("EACCES", "EPERM")


def label() -> str:
    """`docker-default (enforce)`, `system_u:system_r:…`; nothing where it confines nothing."""
    try:
        text = read_text("/proc/self/attr/current", Limit.PROC).strip("\0\n")
    except OSError:
        return ""
    return "" if text in ("unconfined", "kernel") else text


def write_forbidden(folder: str) -> str:
    """Return the name of the error with which no file can be made in a folder, though its permissions
    grant it; "" where one can, where it is not known, and where nothing confines this process.
    """
    if not _may_be_confined():
        return ""
    try:
        os.close(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600))
    except OSError as failure:
        name = errno_name(failure)
        return name if name in _FORBIDDEN else ""
    return ""


def _may_be_confined() -> bool:
    return ctypes.CDLL(None).prctl(_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 or bool(label())
