"""The one way to remove what other processes made: only the very thing that was looked at before.

A path says where a thing was seen; between that look and the removal anybody who may write there can put
another thing, or a link, in its place.  So a thing is known by its identity, every folder on the way is
opened without following a link, and a tree is emptied through descriptors.  Standard library only.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Optional

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEPTH = 64
_AT_EMPTY_PATH, _STATX_BTIME = 0x1000, 0x800  # statx(2)


class Refused(OSError):  # noqa: N818
    """A thing that is not, or not provably, the one to be removed; `strerror` says why."""

    def __init__(self, why: str, path: str = "") -> None:
        super().__init__(errno.EPERM, why, path)


class Identity(NamedTuple):
    """What a thing keeps whatever its name is."""

    device: int
    inode: int
    kind: int
    uid: int


def identity_of(info: os.stat_result) -> Identity:
    """Take the identity from what lstat or fstat says."""
    return Identity(info.st_dev, info.st_ino, stat.S_IFMT(info.st_mode), info.st_uid)


def identity(path: str) -> Optional[Identity]:
    """The identity of what is at a path, links not followed; None where nothing is to be seen."""
    try:
        return identity_of(os.lstat(path))
    except (OSError, ValueError):
        return None


@contextmanager
def folder_of(path: str) -> Iterator[tuple[int, str]]:
    """Open the folder that a path lies in; yield its descriptor and the path's last name.

    No component may be a link: take the real path once, when the thing is found.  Raises OSError.
    """
    above, name = os.path.split(path)
    if not above.startswith("/") or name in ("", ".", ".."):
        raise Refused("is no whole path", path)
    descriptor = os.open("/", _FOLDER)
    try:
        for part in filter(None, above.split("/")):
            deeper = _opened(part, descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor, name
    finally:
        os.close(descriptor)


@contextmanager
def anchored(path: str) -> Iterator[str]:
    """Yield a path of the same thing that no link, made meanwhile above it, can lead elsewhere."""
    with folder_of(path) as (folder, name):
        if not os.path.isdir(f"/proc/self/fd/{folder}"):
            raise Refused("cannot be reached safely without /proc", path)
        yield f"/proc/self/fd/{folder}/{name}"


def remove_file(path: str, known: Identity) -> None:
    """Remove a file, link or socket that still is the one that is known.  Raises OSError."""
    with folder_of(path) as (folder, name):
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if identity_of(info) != known or stat.S_ISDIR(info.st_mode):
            raise Refused("is another thing by now", path)
        os.unlink(name, dir_fd=folder)


def remove_empty_folder(path: str, known: Identity) -> None:
    """Remove an empty folder that still is the one that is known.  Raises OSError."""
    with folder_of(path) as (folder, name):
        os.close(_same(name, folder, known, path))
        os.rmdir(name, dir_fd=folder)


def remove_tree(path: str, known: Identity) -> None:
    """Remove a folder that still is the one that is known, with all that is in it.

    Raises Refused, with nothing removed, where something in it belongs to another user, is a mount point
    or lies too deep, and OSError where something cannot be removed.
    """
    with folder_of(path) as (folder, name):
        descriptor = _same(name, folder, known, path)
        try:
            if _mount(descriptor) != _mount(folder):
                raise Refused("is a mount point", path)
            _examine(descriptor, known.uid, path)
            _empty(descriptor, known.uid, path)
        finally:
            os.close(descriptor)
        os.rmdir(name, dir_fd=folder)


def why_not_removable(path: str, uid: int) -> str:
    """Why a folder with all that is in it is not to be removed as this user's; "" where it is."""
    try:
        with folder_of(path) as (folder, name):
            descriptor = _opened(name, folder)
            try:
                _examine(descriptor, uid, path)
                if _mount(descriptor) != _mount(folder):
                    raise Refused("is a mount point", path)
            finally:
                os.close(descriptor)
    except Refused as refusal:
        inside = (refusal.filename or path)[len(path) + 1 :]
        return f"{inside} {refusal.strerror}" if inside else f"it {refusal.strerror}"
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""


def born(path: str) -> float:
    """When a file or folder was made (statx(2)), in seconds since the epoch; 0 where nothing is there.

    A file system that does not keep it (NFS) gives the last change of its inode, which is no earlier.
    """
    import ctypes

    content = ctypes.create_string_buffer(256)
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return 0.0
    changed = os.fstat(descriptor).st_ctime
    try:
        failed = ctypes.CDLL(None).statx(descriptor, b"", _AT_EMPTY_PATH, _STATX_BTIME, content)
    except AttributeError:  # a C library older than statx
        failed = -1
    finally:
        os.close(descriptor)
    if failed or not struct.unpack_from("=I", content.raw)[0] & _STATX_BTIME:
        return changed
    seconds, nanoseconds = struct.unpack_from("=qI", content.raw, 80)
    return float(seconds + nanoseconds / 1e9)


def _opened(name: str, folder: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as failure:
        if failure.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Refused("is a link or no folder", name) from None
        raise


def _same(name: str, folder: int, known: Identity, path: str) -> int:
    descriptor = _opened(name, folder)
    if identity_of(os.fstat(descriptor)) != known:
        os.close(descriptor)
        raise Refused("is another thing by now", path)
    return descriptor


def _mount(descriptor: int) -> bytes:
    """The mount that an open folder lies in (proc(5)); a bind mount has the device of its source."""
    with open(f"/proc/self/fdinfo/{descriptor}", "rb") as file:
        match = re.search(rb"^mnt_id:\s*(\d+)", file.read(), re.M)
    if match is None:
        raise Refused("cannot be told from a mount point here")
    return match[1]


def _examine(folder: int, uid: int, path: str, depth: int = 0) -> None:
    """Refuse a tree with something in it that is not to be removed."""
    if os.fstat(folder).st_uid != uid:
        raise Refused("belongs to another user", path)
    if depth > _DEPTH:
        raise Refused("has folders too deep", path)
    for name in os.listdir(folder):
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        below = f"{path}/{name}"
        if info.st_uid != uid:
            raise Refused("belongs to another user", below)
        if stat.S_ISDIR(info.st_mode):
            with _deeper(name, folder, uid, below) as descriptor:
                _examine(descriptor, uid, below, depth + 1)


def _empty(folder: int, uid: int, path: str, depth: int = 0) -> None:
    for name in os.listdir(folder):
        below = f"{path}/{name}"
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if info.st_uid != uid or depth > _DEPTH:
            raise Refused("changed meanwhile", below)
        if stat.S_ISDIR(info.st_mode):
            with _deeper(name, folder, uid, below) as descriptor:
                _empty(descriptor, uid, below, depth + 1)
            os.rmdir(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


@contextmanager
def _deeper(name: str, folder: int, uid: int, path: str) -> Iterator[int]:
    descriptor = _opened(name, folder)
    try:
        if os.fstat(descriptor).st_uid != uid:
            raise Refused("belongs to another user", path)
        if _mount(descriptor) != _mount(folder):
            raise Refused("is a mount point", path)
        yield descriptor
    finally:
        os.close(descriptor)
