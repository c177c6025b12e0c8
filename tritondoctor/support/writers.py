"""Who may write a file beside its owner: by its mode, and by the access list that may stand behind it.

Standard library only.
"""

from __future__ import annotations

import os
import stat
import struct
from typing import NamedTuple

_LIST = "system.posix_acl_access"
#: linux/posix_acl_xattr.h: a version, then (tag, permissions, id) of each entry
_VERSION, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_USER, _OWNING_GROUP, _GROUP, _WRITE = 0x02, 0x04, 0x08, 2


class Writers(NamedTuple):
    """Uids and gids that may write, `anyone` where all may."""

    anyone: bool
    users: tuple[int, ...]
    groups: tuple[int, ...]


def of(path: str, info: os.stat_result) -> Writers:
    """Those of a file that is no link, or of what a link leads to; `info` is its stat."""
    anyone = bool(info.st_mode & stat.S_IWOTH)
    if not info.st_mode & stat.S_IWGRP:  # under a list this bit is the mask of all its entries
        return Writers(anyone, (), ())
    entries = _entries(path)
    if not entries:
        return Writers(anyone, (), (info.st_gid,))
    writing = [(tag, id) for tag, permissions, id in entries if permissions & _WRITE]
    groups = [info.st_gid if tag == _OWNING_GROUP else id for tag, id in writing if tag != _USER]
    return Writers(anyone, tuple(id for tag, id in writing if tag == _USER), tuple(groups))


def _entries(path: str) -> list[tuple[int, int, int]]:
    """The entries of users and groups; none where there is no list, or the system has none."""
    try:
        content = os.getxattr(path, _LIST)
    except (OSError, AttributeError):
        return []
    whole = len(content) - (len(content) - _VERSION.size) % _ENTRY.size
    entries = _ENTRY.iter_unpack(content[_VERSION.size : whole])
    return [entry for entry in entries if entry[0] in (_USER, _OWNING_GROUP, _GROUP)]
