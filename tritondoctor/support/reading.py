"""The one way to read a file: regular files only, never waiting, never more than a stated limit.

The files that a doctor reads were made by other people: a FIFO, a link to a device or a sparse file
of 20 GB may stand where a small text is expected.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from enum import Enum, IntEnum
from typing import BinaryIO, Optional

_FIRST, _CHUNK = 1 << 16, 1 << 20
#: where the kernel shows values as files, and no device
_ATTRIBUTES = ("/sys/", "/proc/sys/")


class Limit(IntEnum):
    """The largest file of each kind that is read, in bytes; a good file is far below it."""

    TINY = 1 << 14  # one value, os-release: a pid, a switch below /proc/sys, a marker, config.pbtxt
    SETTINGS = 1 << 20  # start files, pyvenv.cfg, .pth, pyproject.toml, a policy, environments.txt
    PROC = 1 << 24  # maps, mountinfo, environ
    SOURCE = 1 << 22  # a Python module
    METADATA = 1 << 22  # METADATA, with a README in it
    RECORD = 1 << 23  # the list of a package's files: 2.6 MB for the longest that we met
    LIBPYTHON = 1 << 27  # what of libpython is loaded
    LOADER = 1 << 25  # ld.so and libc.so.6, of which the strings are read
    LOCK = 1 << 25  # conda-lock.yml, requirements.txt
    CONDA_RECORD = 1 << 23  # conda-meta/*.json, with the list of a package's files
    CACHE = 1 << 24  # ld.so.cache
    LIBRARY = 1 << 30  # an ELF object, read in pieces
    REPORTS = 1 << 28  # reports of many hosts, one after the other
    JOURNAL = 1 << 25  # the record of a repair


class Most(IntEnum):
    """How far a listing or a walk goes."""

    NAMES = 100_000  # in one folder
    ENTRIES = 200_000  # in a tree
    DEPTH = 64


class Reason(str, Enum):
    """Why a file was set aside."""

    MISSING = "missing"
    DENIED = "denied"
    NOT_REGULAR = "not-regular"
    NOT_A_FOLDER = "not-a-folder"
    LINK = "link"
    NOT_OWNED = "not-owned"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    TOO_DEEP = "too-deep"
    NAME = "name"
    FAILED = "failed"


_REASONS = {
    errno.ENOENT: Reason.MISSING,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.ENOTDIR: Reason.MISSING,
    errno.ELOOP: Reason.LINK,
    errno.EISDIR: Reason.NOT_REGULAR,
    errno.ENXIO: Reason.NOT_REGULAR,
    errno.EFBIG: Reason.TOO_LARGE,
    errno.ENAMETOOLONG: Reason.NAME,
}


#: zero, full, random, urandom and kmsg (the kernel's Documentation/admin-guide/devices.txt)
_ENDLESS = frozenset(os.makedev(1, minor) for minor in (5, 7, 8, 9, 11))


class Unreadable(OSError):  # noqa: N818
    """A file or folder that was not read. `strerror` is a sentence's end: "is no regular file"."""

    def __init__(
        self, number: int, strerror: str, filename: str, reason: Optional[Reason] = None
    ) -> None:
        super().__init__(number, strerror, filename)
        self.reason = reason or _REASONS.get(number, Reason.FAILED)


def read_bytes(
    path: str,
    limit: int,
    *,
    follow: bool = True,
    owner: Optional[int] = None,
    folder: Optional[int] = None,
) -> bytes:
    """Read a regular file of at most `limit` bytes.

    `follow` is false where `path` may not be a link, `owner` the uid that it has to belong to, `folder`
    the descriptor of a directory that a relative `path` starts at. Raises Unreadable.
    """
    with _failures(path), _regular(path, limit, follow, owner, folder) as descriptor:
        return read_open(descriptor, limit, path)


def read_text(
    path: str,
    limit: int,
    *,
    errors: str = "replace",
    follow: bool = True,
    owner: Optional[int] = None,
    folder: Optional[int] = None,
) -> str:
    """Read a regular UTF-8 file as `read_bytes` does; every line ends in "\\n"."""
    content = read_bytes(path, limit, follow=follow, owner=owner, folder=folder)
    try:
        text = content.decode("utf-8", errors)
    except UnicodeDecodeError:
        raise Unreadable(errno.EILSEQ, "is not UTF-8", path) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_head(path: str, size: int) -> bytes:
    """The first `size` bytes of a regular file, however large it is. Raises Unreadable."""
    with _failures(path), _regular(path, None, True, None, None) as descriptor:
        return b"".join(_pieces(descriptor, size))


@contextlib.contextmanager
def open_regular(path: str, limit: int) -> Iterator[BinaryIO]:
    """A regular file of at most `limit` bytes, to be read in pieces.  Raises Unreadable."""
    with _failures(path), _regular(path, limit, True, None, None) as descriptor:
        opened = os.fdopen(os.dup(descriptor), "rb")
    with opened:
        yield opened


@contextlib.contextmanager
def open_named(path: str) -> Iterator[BinaryIO]:
    """A file that the user names on the command line, which may also be a pipe, as `<(…)` makes one, and
    is waited for; "-" is standard input.  Bound what is read from it.  Raises Unreadable.
    """
    with _failures(path):
        opened = open(0, "rb", closefd=False) if path == "-" else open(path, "rb")  # noqa: SIM115
    with opened:
        if os.fstat(opened.fileno()).st_rdev in _ENDLESS:
            raise Unreadable(errno.EINVAL, "is a device that has no end", path)
        yield opened


def list_folder(path: str, most: int = Most.NAMES) -> list[str]:
    """The names in a folder, sorted. Raises Unreadable, also above `most` names."""
    return sorted(entry.name for entry in scan_folder(path, most))


def scan_folder(path: str, most: int = Most.NAMES) -> list[os.DirEntry[str]]:
    """The entries of a folder, which know what they are. Raises as `list_folder` does."""
    found: list[os.DirEntry[str]] = []
    with _failures(path), os.scandir(path) as entries:
        for entry in entries:
            if len(found) == most:
                raise too_many(path, most)
            found.append(entry)
    return found


def paths_named(folder: str, names: re.Pattern[str]) -> list[str]:
    """The paths in a folder whose whole names match, sorted; none where it cannot be listed."""
    try:
        return [
            os.path.join(folder, name) for name in sorted(os.listdir(folder)) if names.fullmatch(name)
        ]
    except OSError:
        return []


def walk(
    path: str, depth: int = Most.DEPTH, count: int = Most.ENTRIES, size: Optional[int] = None
) -> Iterator[os.DirEntry[str]]:
    """Every entry below a folder, a folder before what is in it; no link is followed.

    Raises Unreadable: below `depth` levels, after `count` entries, where the regular files have more than
    `size` bytes in all, and for a folder that cannot be listed.
    """
    bytes_seen = 0
    for number, entry in enumerate(_descend(path, depth)):
        if number == count:
            raise too_many(path, count)
        if size is not None and entry.is_file(follow_symlinks=False):
            bytes_seen += entry.stat(follow_symlinks=False).st_size
            if bytes_seen > size:
                raise too_large(path, size)
        yield entry


def _descend(path: str, depth: int) -> Iterator[os.DirEntry[str]]:
    waiting = [(path, 1)]
    while waiting:
        folder, level = waiting.pop()
        if level > depth:
            raise Unreadable(
                errno.ELOOP, f"has more than {depth} levels of folders", path, Reason.TOO_DEEP
            )
        with _failures(folder), os.scandir(folder) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, level + 1))


@contextlib.contextmanager
def _failures(path: str) -> Iterator[None]:
    """Turn whatever a path can raise into Unreadable: OSError, a NUL, a surrogate that is no byte."""
    try:
        yield
    except Unreadable:
        raise
    except OSError as error:
        raise Unreadable(error.errno or 0, error.strerror or str(error), path) from None
    except ValueError:
        raise Unreadable(errno.EINVAL, "is no name that a file can have", path, Reason.NAME) from None


@contextlib.contextmanager
def _regular(
    path: str, limit: Optional[int], follow: bool, owner: Optional[int], folder: Optional[int]
) -> Iterator[int]:
    # Looked at before it is opened: to open a device can do something (a watchdog starts).
    if not path.startswith(_ATTRIBUTES):
        _admit(os.stat(path, dir_fd=folder, follow_symlinks=follow), path, limit, owner)
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags, dir_fd=folder)
    try:
        _admit(os.fstat(descriptor), path, limit, owner)
        yield descriptor
    finally:
        os.close(descriptor)


def _admit(info: os.stat_result, path: str, limit: Optional[int], owner: Optional[int]) -> None:
    if stat.S_ISLNK(info.st_mode):
        raise Unreadable(errno.ELOOP, "is a link", path)
    if not stat.S_ISREG(info.st_mode):
        number = errno.EISDIR if stat.S_ISDIR(info.st_mode) else errno.EINVAL
        raise Unreadable(number, "is no regular file", path, Reason.NOT_REGULAR)
    if owner is not None and info.st_uid != owner:
        raise Unreadable(
            errno.EPERM, f"belongs to another user (uid {info.st_uid})", path, Reason.NOT_OWNED
        )
    if limit is not None and info.st_size > limit:
        raise too_large(path, limit)


def read_open(descriptor: int, limit: int, path: str) -> bytes:
    """Read an open file of at most `limit` bytes, whatever size its inode states (0 below /proc).

    Raises OSError, Unreadable above the limit.
    """
    content = b"".join(_pieces(descriptor, limit + 1))
    if len(content) > limit:
        raise too_large(path, limit)
    return content


def _pieces(descriptor: int, size: int) -> Iterator[bytes]:
    most = _FIRST
    while size and (piece := os.read(descriptor, min(size, most))):
        yield piece
        size -= len(piece)
        most = _CHUNK


def too_large(path: str, limit: int) -> Unreadable:
    """The failure for a file of more than `limit` bytes."""
    return Unreadable(errno.EFBIG, f"is larger than {_amount(limit)}", path)


def too_many(path: str, most: int) -> Unreadable:
    """The failure for more than `most` names."""
    return Unreadable(errno.EFBIG, f"has more than {most:,} entries", path, Reason.TOO_MANY)


def _amount(size: int) -> str:
    return (
        f"{size >> 20} MiB"
        if size >= 1 << 20
        else f"{size >> 10} KiB"
        if size >= 1 << 10
        else f"{size} bytes"
    )
