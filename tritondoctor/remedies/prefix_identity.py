"""What tells the very folder that a fix worked on from another one of the same path.

An environment is deleted and created anew, a disk is not mounted, HOME is shared by machines that each
have their own /opt/env: a record is about one folder.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple, Optional

from tritondoctor.support import removal


class PrefixIdentity(NamedTuple):
    """A folder's device and inode, and when it was made (0 where the file system does not keep that)."""

    device: int
    inode: int
    born: float

    def is_of(self, other: PrefixIdentity, *, same_boot: bool, same_machine: bool) -> bool:
        """Whether both are one folder's.  Inodes are given out again, devices numbered at each boot."""
        if self.inode != other.inode:
            return False
        if self.born and other.born:
            return self.born == other.born
        return same_machine and (
            not same_boot or 0 in (self.device, other.device) or self.device == other.device
        )


def identity_of(prefix: str) -> Optional[PrefixIdentity]:
    """The identity of the folder at a path; None where there is none."""
    real = os.path.realpath(prefix)
    try:
        info = os.stat(real)
    except OSError:
        return None
    if not stat.S_ISDIR(info.st_mode):
        return None
    return PrefixIdentity(info.st_dev, info.st_ino, removal.birth(real) or 0.0)


def lasting_identity_of(prefix: str) -> PrefixIdentity:
    """The same once it is one that the fix itself does not change; all 0 where there is no folder.

    In a container the folder may be the image's: the first change copies it, and the copy is younger.
    """
    try:
        os.chmod(prefix, stat.S_IMODE(os.stat(prefix).st_mode))
    except OSError:
        pass  # another user's
    return identity_of(prefix) or PrefixIdentity(0, 0, 0.0)
