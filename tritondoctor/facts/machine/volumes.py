"""The file system that holds a path: its type, its options and the space that is left."""

from __future__ import annotations

import os
from typing import Optional

import msgspec

from tritondoctor.support.mounts import file_system


class Volume(msgspec.Struct, frozen=True):
    """A file system; free space in bytes and free inodes are None where the kernel does not say."""

    kind: str
    read_only: bool = False
    noexec: bool = False
    free: Optional[int] = None
    free_inodes: Optional[int] = None


def volume(path: str) -> Volume:
    """The file system that holds the path, or the nearest folder above it that exists."""
    kind = file_system(path)
    while True:
        try:
            stats = os.statvfs(path)
        except (FileNotFoundError, NotADirectoryError):
            if path == "/":
                return Volume(kind)
            path = os.path.dirname(path)
        except OSError:
            return Volume(kind)
        else:
            return Volume(
                kind,
                bool(stats.f_flag & os.ST_RDONLY),
                bool(stats.f_flag & os.ST_NOEXEC),
                stats.f_bavail * stats.f_frsize if stats.f_blocks else None,  # ramfs counts nothing
                stats.f_favail if stats.f_files else None,
            )
