"""A read-only view of a file system on which changes can be tried without being made."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tritondoctor.support.reading import Limit, Most, Unreadable, too_large, too_many

from .overlay import (
    Change,
    Copy,
    Data,
    Disk,
    Gone,
    Identity,
    Layer,
    LinkChange,
    Node,
    NodeKind,
    Overlay,
    error,
    kind_of,
    parents,
    walk,
)

BLOCK = 1 << 14
PIECE, OVERLAP = 1 << 22, 1 << 12


@dataclass(frozen=True)
class Stat:
    """What stat(2) tells. `identity` is equal for two paths exactly where they are one file."""

    kind: NodeKind
    identity: Identity
    mode: int
    size: int
    mtime_ns: int


class Open:
    """An open file: `stat`, and bytes by offset, of which only the blocks that are asked for are
    read.
    """

    def __init__(self, stat: Stat, descriptor: int, content: bytes = b"") -> None:
        self.stat = stat
        self._descriptor = descriptor
        self._content = content
        self._blocks: dict[int, bytes] = {}

    def __enter__(self) -> Open:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset`; fewer at the end. Raises OSError (EISDIR, EIO)."""
        if self.stat.kind == "file" and self.stat.size:
            size = min(size, self.stat.size - offset)
        if offset < 0 or size <= 0:
            return b""
        if self._descriptor < 0:
            return self._content[offset : offset + size]
        first = offset // BLOCK
        if (offset + size - 1) // BLOCK != first:
            return os.pread(self._descriptor, size, offset)
        if first not in self._blocks:
            self._blocks[first] = os.pread(self._descriptor, BLOCK, first * BLOCK)
        start = offset - first * BLOCK
        return self._blocks[first][start : start + size]

    def string(self, offset: int, most: int) -> bytes:
        """The bytes from `offset` up to the next NUL, the end of the file, or `most` of them."""
        found = b""
        while True:
            size = BLOCK - offset % BLOCK
            piece = self.read(offset, size)
            head, nul, _ = piece.partition(b"\0")
            found += head
            if nul or len(piece) < size or len(found) > most:
                return found[:most]
            offset += size


class Files:
    """The files of this machine, or those below `root`, whose absolute links then stay inside it.

    Paths are absolute. Every method that reads raises OSError with the errno of the kernel
    (ENOENT, ENOTDIR, EACCES, ELOOP, EISDIR), also for a name that no file can have; Unreadable above a
    stated limit; what was left out by a limit stands in `set_aside`, path -> why. A view with changes
    remembers what it has seen.
    """

    def __init__(self, root: str = "/") -> None:
        self.root = posixpath.abspath(root)
        self._direct = self.root == "/"
        self._layer: Layer = Disk(self.root.rstrip("/"))
        self._parsed: dict[object, Any] = {}
        self.set_aside: dict[str, str] = {}

    def with_changes(self, changes: Mapping[str, Change]) -> Files:
        """The same files with these changes made; directories on the way to one exist.

        The more specific of two changes wins, and these over earlier ones. Raises ValueError
        for a path that is not absolute.
        """
        placed: dict[str, Change] = {}
        for path, change in changes.items():
            folder, name = posixpath.split(posixpath.normpath(path))
            if not path.startswith("/"):
                raise ValueError(f"not an absolute path: {path!r}")
            placed[posixpath.join(self._directory(folder, placed), name)] = change
        view = Files(self.root)
        view._direct = False
        view._layer = Overlay(self._layer, placed)
        view._parsed = self._parsed
        view.set_aside = self.set_aside
        return view

    def _directory(self, path: str, changes: Mapping[str, Change]) -> str:
        """The canonical name of a directory that may yet have to be made."""
        if any(place in changes for place in (path, *parents(path))):
            return path
        for place in (path, *parents(path)):
            try:
                here, node = walk(self._layer, place)
            except OSError:
                continue
            if node is not None:
                # normpath keeps a double slash at the start
                return posixpath.normpath(here.rstrip("/") + path[len(place.rstrip("/")) :] or "/")
        return path

    def memory(self) -> dict[object, Any]:
        """What readers of these files keep between calls, by identity; changed views share it."""
        return self._parsed

    def open(self, path: str) -> Open:
        """Open for reading. A directory can be opened, as with open(2), but not read."""
        if self._direct:
            return _open(path, self.stat(path))
        _, node = self._walk(path)
        if node.content is not None:
            if not node.mode & 0o444:
                raise error(errno.EACCES, path)
            return Open(_stat(node), -1, node.content)
        if not node.host:
            return Open(_stat(node), os.open("/", os.O_RDONLY | os.O_CLOEXEC))
        return _open(node.host, _stat(node), os.O_NOFOLLOW)

    def head(self, path: str, size: int) -> bytes:
        """The first `size` bytes, or fewer."""
        with self.open(path) as opened:
            return opened.read(0, size)

    def read(self, path: str, limit: int) -> bytes:
        """The whole file, which has `limit` bytes at most."""
        with self.open(path) as opened:
            if opened.stat.kind == "dir":
                raise error(errno.EISDIR, path)
            if opened.stat.size > limit:
                raise self._left_out(too_large(path, limit))
            return opened.read(0, opened.stat.size)

    def holds(self, path: str, part: bytes) -> bool:
        """Whether these bytes (OVERLAP at most) stand anywhere in a file of Limit.LIBRARY at most."""
        with self.open(path) as opened:
            if opened.stat.size > Limit.LIBRARY:
                raise self._left_out(too_large(path, Limit.LIBRARY))
            places = range(0, opened.stat.size, PIECE)
            return any(part in opened.read(place, PIECE + OVERLAP) for place in places)

    def leave_out(self, path: str, why: str) -> None:
        """Note that something of this file is not known; `why` is a sentence's end."""
        self.set_aside.setdefault(path, why)

    def _left_out(self, failure: Unreadable) -> Unreadable:
        self.leave_out(failure.filename, failure.strerror or "")
        return failure

    def stat(self, path: str) -> Stat:
        """What `path` leads to, links followed."""
        if self._direct:
            try:
                info = os.stat(path)
            except ValueError:
                raise error(errno.ENOENT, path) from None
            key = (info.st_dev, info.st_ino)
            return Stat(kind_of(info.st_mode), key, info.st_mode, info.st_size, info.st_mtime_ns)
        return _stat(self._walk(path)[1])

    def is_dir(self, path: str) -> bool:
        return self._kind(path) == "dir"

    def is_file(self, path: str) -> bool:
        return self._kind(path) == "file"

    def exists(self, path: str) -> bool:
        return self._kind(path) != ""

    def _kind(self, path: str) -> str:
        try:
            return self.stat(path).kind
        except OSError:
            return ""

    def lexists(self, path: str) -> bool:
        """Whether there is an entry of this name, if only a link that leads nowhere."""
        try:
            return walk(self._layer, path, follow=False)[1] is not None
        except OSError:
            return False

    def listdir(self, path: str, most: int = Most.NAMES) -> list[str]:
        """The names in a directory, sorted, `most` of them at most."""
        here, node = self._walk(path)
        if node.kind != "dir":
            raise error(errno.ENOTDIR, path)
        names = self._layer.names(here)
        if len(names) > most:
            raise self._left_out(too_many(path, most))
        return sorted(names)

    def readlink(self, path: str) -> str:
        """The target of a link as it is written. Raises OSError EINVAL for what is no link."""
        _, node = walk(self._layer, path, follow=False)
        if node is None:
            raise error(errno.ENOENT, path)
        if node.kind != "link":
            raise error(errno.EINVAL, path)
        return node.target

    def realpath(self, path: str) -> str:
        """The canonical path, as far as links lead; never raises for what is missing."""
        try:
            return os.path.realpath(path) if self._direct else walk(self._layer, path)[0]
        except ValueError:
            return path
        except OSError:
            folder, name = posixpath.split(posixpath.normpath(path))
            return posixpath.join(self.realpath(folder), name) if name else folder

    def access(self, path: str, mode: int) -> bool:
        """Whether this process may use `path` so (os.F_OK, or os.R_OK | os.W_OK | os.X_OK)."""
        try:
            if self._direct:
                return os.access(path, mode)
            _, node = self._walk(path)
        except (OSError, ValueError):
            return False
        if node.host and not os.access(node.host, mode & ~os.X_OK):
            return False
        return not mode & os.X_OK or bool(node.mode & 0o111)

    def _walk(self, path: str) -> tuple[str, Node]:
        here, node = walk(self._layer, path)
        if node is None:
            raise error(errno.ENOENT, path)
        return here, node


def _stat(node: Node) -> Stat:
    return Stat(node.kind, node.identity, node.mode, node.size, node.mtime_ns)


def _open(path: str, stat: Stat, flags: int = 0) -> Open:
    """A file or directory; to open anything else may wait, or do something, so it counts as empty."""
    if stat.kind not in ("file", "dir"):
        return Open(stat, -1)
    return Open(stat, os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags))


__all__ = ["Change", "Copy", "Data", "Files", "Gone", "Identity", "LinkChange", "Open", "Stat"]
