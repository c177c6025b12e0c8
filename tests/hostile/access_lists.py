"""POSIX access lists, for tests: as `setfacl -m user:UID:rwx` and `-m group:GID:rwx` write them."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

_LIST = "system.posix_acl_access"
_ANY = 0xFFFFFFFF


def give(path: Path, *, user: int | None = None, group: int | None = None, mask: int = 7) -> None:
    """Let a user or a group write; the mode's group bits become the mask.  Skips where there are none."""
    entries = [(0x01, 7, _ANY), (0x04, 5, _ANY), (0x10, mask, _ANY), (0x20, 5, _ANY)]
    entries += [(0x02, 7, user)] if user is not None else []
    entries += [(0x08, 7, group)] if group is not None else []
    content = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries))
    try:
        os.setxattr(path, _LIST, content)
    except OSError as failure:
        pytest.skip(f"this file system has no access lists: {failure.strerror}")
