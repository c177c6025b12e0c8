"""The one way to remove what other processes made: only the very object that was examined before.

A path only says where something was; between the examination and the removal anybody who may write there
can put something else, or a link, in its place.  So an object is known by its identity, every folder on
the way is opened without following a link, and a tree is emptied through descriptors.  Standard library
only.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple, Optional, Union

from tritondoctor.support.errno_names import errno_name

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEPTH = 64
_AT_EMPTY_PATH, _STATX_BTIME = 0x1000, 0x800  # statx(2)


#: why something is not removed, and the same as a predicate
_REFUSALS = {
    "another-user": "belongs to another user",
    "mount-point": "is a mount point",
    "too-deep": "has folders too deep",
    "not-a-folder": "is a link or no folder",
    "changed": "is another thing by now",
    "no-proc": "cannot be told from a mount point here",
    "not-absolute": "is no whole path",
}
Refusal = Literal[
    "another-user", "mount-point", "too-deep", "not-a-folder", "changed", "no-proc", "not-absolute"
]


class Refused(OSError):  # noqa: N818
    """Something that is not provably what was to be removed; `code` is why, `strerror` the words."""

    def __init__(self, code: Refusal, path: str = "") -> None:
        super().__init__(errno.EPERM, _REFUSALS[code], path)
        self.code = code


class Obstacle(NamedTuple):
    """Why a folder is not removed: `name` is a path in it, or the error's name if `code` is "error"."""

    code: Union[Refusal, Literal["error"]]
    name: str = ""


class FileIdentity(NamedTuple):
    """What a thing keeps whatever its name is."""

    device: int
    inode: int
    kind: int
    uid: int


def identity_of(info: os.stat_result) -> FileIdentity:
    """Take the identity from what lstat or fstat says."""
    return FileIdentity(info.st_dev, info.st_ino, stat.S_IFMT(info.st_mode), info.st_uid)


def identity(path: str) -> Optional[FileIdentity]:
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
        raise Refused("not-absolute", path)
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
            raise Refused("no-proc", path)
        yield f"/proc/self/fd/{folder}/{name}"


def remove_file(path: str, known: FileIdentity) -> None:
    """Remove a file, link or socket if its identity is still the known one.  Raises OSError."""
    with folder_of(path) as (folder, name):
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if identity_of(info) != known or stat.S_ISDIR(info.st_mode):
            raise Refused("changed", path)
        os.unlink(name, dir_fd=folder)


def remove_empty_folder(path: str, known: FileIdentity) -> None:
    """Remove an empty folder if its identity is still the known one.  Raises OSError."""
    with folder_of(path) as (folder, name):
        os.close(_same(name, folder, known, path))
        os.rmdir(name, dir_fd=folder)


def remove_tree(path: str, known: FileIdentity) -> None:
    """Remove a folder and all that is in it, if its identity is still the known one.

    Raises Refused, with nothing removed, where something in it belongs to another user, is a mount point
    or lies too deep, and OSError where something cannot be removed.
    """
    with folder_of(path) as (folder, name):
        descriptor = _same(name, folder, known, path)
        try:
            if _mount(descriptor) != _mount(folder):
                raise Refused("mount-point", path)
            _examine(descriptor, known.uid, path)
            _empty(descriptor, known.uid, path)
        finally:
            os.close(descriptor)
        os.rmdir(name, dir_fd=folder)


def why_not_removable(path: str, uid: int) -> Optional[Obstacle]:
    """Return why a folder with all that is in it is not this user's to remove; None where it is."""
    try:
        with folder_of(path) as (folder, name):
            descriptor = _opened(name, folder)
            try:
                _examine(descriptor, uid, path)
                if _mount(descriptor) != _mount(folder):
                    raise Refused("mount-point", path)
            finally:
                os.close(descriptor)
    except Refused as refusal:
        return Obstacle(refusal.code, (refusal.filename or path)[len(path) + 1 :])
    except OSError as failure:
        return Obstacle("error", errno_name(failure))
    return None


def born(path: str) -> float:
    """When a file or folder was made (statx(2)), in seconds since the epoch; 0 where nothing is there.

    A file system that does not keep it (NFS) gives the last change of its inode, which is no earlier.
    """
    try:
        changed = os.lstat(path).st_ctime
    except OSError:
        return 0.0
    return birth(path) or changed


def birth(path: str) -> Optional[float]:
    """The same; None where the file system does not keep it, and where nothing is there."""
    import ctypes

    content = ctypes.create_string_buffer(256)
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        failed = ctypes.CDLL(None).statx(descriptor, b"", _AT_EMPTY_PATH, _STATX_BTIME, content)
    except AttributeError:  # a C library older than statx
        failed = -1
    finally:
        os.close(descriptor)
    if failed or not struct.unpack_from("=I", content.raw)[0] & _STATX_BTIME:
        return None
    seconds, nanoseconds = struct.unpack_from("=qI", content.raw, 80)
    return float(seconds + nanoseconds / 1e9)


def _opened(name: str, folder: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as failure:
        if failure.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Refused("not-a-folder", name) from None
        raise


def _same(name: str, folder: int, known: FileIdentity, path: str) -> int:
    descriptor = _opened(name, folder)
    if identity_of(os.fstat(descriptor)) != known:
        os.close(descriptor)
        raise Refused("changed", path)
    return descriptor


def _mount(descriptor: int) -> bytes:
    """The mount that an open folder lies in (proc(5)); a bind mount has the device of its source."""
    with open(f"/proc/self/fdinfo/{descriptor}", "rb") as file:
        match = re.search(rb"^mnt_id:\s*(\d+)", file.read(), re.M)
    if match is None:
        raise Refused("no-proc")
    return match[1]


def _examine(folder: int, uid: int, path: str, depth: int = 0) -> None:
    """Refuse a tree with something in it that is not to be removed."""
    if os.fstat(folder).st_uid != uid:
        raise Refused("another-user", path)
    if depth > _DEPTH:
        raise Refused("too-deep", path)
    for name in os.listdir(folder):
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        below = f"{path}/{name}"
        if info.st_uid != uid:
            raise Refused("another-user", below)
        if stat.S_ISDIR(info.st_mode):
            with _deeper(name, folder, uid, below) as descriptor:
                _examine(descriptor, uid, below, depth + 1)


def _empty(folder: int, uid: int, path: str, depth: int = 0) -> None:
    for name in os.listdir(folder):
        below = f"{path}/{name}"
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if info.st_uid != uid or depth > _DEPTH:
            raise Refused("changed", below)
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
            raise Refused("another-user", path)
        if _mount(descriptor) != _mount(folder):
            raise Refused("mount-point", path)
        yield descriptor
    finally:
        os.close(descriptor)
