"""The file system that holds a path: its type, its options and the space that is left."""

from __future__ import annotations

import os
from typing import Optional

import msgspec

from tritondoctor.support.mounts import Mount, holding

#: no socket has a name in these: the kernel's have no `mknod` (fs/fat, fs/exfat, fs/vboxsf; mknod(2),
#: EPERM), sshfs makes plain files only (sshfs.c, `sshfs_mknod`), Docker Desktop's gives EIO
#: (docker/for-win#5519)
_WITHOUT_SOCKETS = ("exfat", "fuse.grpcfuse", "fuse.sshfs", "msdos", "vboxsf", "vfat")
#: what WSL 2 mounts the drives of Windows with, where bind(2) fails (microsoft/WSL#5961)
_DRIVES = ("9p", "aname=drvfs")


class Volume(msgspec.Struct, frozen=True):
    """A file system; free space in bytes and free inodes are None where the kernel does not say.

    `sockets`: Unix sockets can be bound to names in it, as far as is known.
    """

    kind: str
    read_only: bool = False
    noexec: bool = False
    free: Optional[int] = None
    free_inodes: Optional[int] = None
    sockets: bool = True


def volume(path: str) -> Volume:
    """The file system that holds the path, or the nearest folder above it that exists."""
    mount = holding(path)
    kind, sockets = mount.kind, _holds_sockets(mount)
    while True:
        try:
            stats = os.statvfs(path)
        except (FileNotFoundError, NotADirectoryError):
            if path == "/":
                return Volume(kind, sockets=sockets)
            path = os.path.dirname(path)
        except OSError:
            return Volume(kind, sockets=sockets)
        else:
            return Volume(
                kind,
                bool(stats.f_flag & os.ST_RDONLY),
                bool(stats.f_flag & os.ST_NOEXEC),
                stats.f_bavail * stats.f_frsize if stats.f_blocks else None,  # ramfs counts nothing
                stats.f_favail if stats.f_files else None,
                sockets,
            )


def _holds_sockets(mount: Mount) -> bool:
    kind, option = _DRIVES
    drive = mount.kind == kind and any(given.startswith(option) for given in mount.options)
    return not drive and mount.kind not in _WITHOUT_SOCKETS
