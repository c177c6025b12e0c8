"""A read-only view of a file system in which changes can be tried without being made."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

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

Value = TypeVar("Value")

BLOCK = 1 << 14
PIECE, OVERLAP = 1 << 22, 1 << 12


@dataclass(frozen=True)
class Stat:
    """The result of stat(2). Two paths have the same `identity` exactly if they are the same file."""

    kind: NodeKind
    identity: Identity
    mode: int
    size: int
    mtime_ns: int
    owner: int = 0


class Open:
    """An open file: `stat`, and bytes by offset. Only the needed blocks are read."""

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
        """Return `size` bytes from `offset`, or fewer at the end. Raises OSError (EISDIR, EIO)."""
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
        """Return the bytes from `offset` up to the next NUL or the end of the file, at most `most`."""
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

    Paths are absolute. Every method that reads raises OSError with the errno of the kernel (ENOENT,
    ENOTDIR, EACCES, ELOOP, EISDIR), also for an impossible name, and Unreadable above a stated limit.
    `set_aside` lists what a limit left out, path -> reason; `denied` are paths that this user may not
    read or reach. A view with changes remembers what it has read.
    """

    def __init__(self, root: str = "/") -> None:
        self.root = posixpath.abspath(root)
        self._direct = self.root == "/"
        self._layer: Layer = Disk(self.root.rstrip("/"))
        self._parsed: dict[object, Any] = {}
        self.set_aside: dict[str, str] = {}
        self.denied: set[str] = set()

    def with_changes(self, changes: Mapping[str, Change]) -> Files:
        """Return the same files with these changes; the directories above a change exist.

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
        view.denied = self.denied
        return view

    def _directory(self, path: str, changes: Mapping[str, Change]) -> str:
        """Return the canonical path of a directory, which may not exist yet."""
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
        """Return what readers of these files keep between calls, by identity; changed views share it."""
        return self._parsed

    def open(self, path: str) -> Open:
        """Open for reading. A directory can be opened, as with open(2), but not read."""
        try:
            return self._opened(path)
        except PermissionError:
            self.denied.add(path)
            raise

    def _opened(self, path: str) -> Open:
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
        """Return the first `size` bytes, or fewer."""
        with self.open(path) as opened:
            return opened.read(0, size)

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a file of at most `limit` bytes."""
        with self.open(path) as opened:
            return self._whole(path, opened, limit)

    def parsed(self, path: str, limit: int, kind: object, parse: Callable[[bytes], Value]) -> Value:
        """`parse` of the whole file, remembered under `kind` while the file is unchanged.

        Raises what `read` and `parse` raise.
        """
        with self.open(path) as opened:
            stat = opened.stat
            key = (kind, stat.identity, stat.mtime_ns, stat.size)
            if key not in self._parsed:
                self._parsed[key] = parse(self._whole(path, opened, limit))
        value: Value = self._parsed[key]
        return value

    def _whole(self, path: str, opened: Open, limit: int) -> bytes:
        if opened.stat.kind == "dir":
            raise error(errno.EISDIR, path)
        if opened.stat.size > limit:
            raise self._left_out(too_large(path, limit))
        return opened.read(0, opened.stat.size)

    def holds(self, path: str, part: bytes) -> bool:
        """Whether a file of at most Limit.LIBRARY contains these bytes (at most OVERLAP)."""
        with self.open(path) as opened:
            if opened.stat.size > Limit.LIBRARY:
                raise self._left_out(too_large(path, Limit.LIBRARY))
            places = range(0, opened.stat.size, PIECE)
            return any(part in opened.read(place, PIECE + OVERLAP) for place in places)

    def leave_out(self, path: str, why: str) -> None:
        """Note that a part of this file was not read; `why` is the end of a sentence."""
        self.set_aside.setdefault(path, why)

    def _left_out(self, failure: Unreadable) -> Unreadable:
        self.leave_out(failure.filename, failure.strerror or "")
        return failure

    def stat(self, path: str) -> Stat:
        """Return the stat of what `path` leads to, links followed."""
        if self._direct:
            try:
                info = os.stat(path)
            except ValueError:
                raise error(errno.ENOENT, path) from None
            except PermissionError:
                self.denied.add(path)
                raise
            key = (info.st_dev, info.st_ino)
            return Stat(
                kind_of(info.st_mode), key, info.st_mode, info.st_size, info.st_mtime_ns, info.st_uid
            )
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
        """Whether there is an entry of this name, even a dangling link."""
        try:
            return walk(self._layer, path, follow=False)[1] is not None
        except OSError:
            return False

    def listdir(self, path: str, most: int = Most.NAMES) -> list[str]:
        """Return the names in a directory, sorted. Raises Unreadable if there are more than `most`."""
        here, node = self._walk(path)
        if node.kind != "dir":
            raise error(errno.ENOTDIR, path)
        try:
            names = self._layer.names(here)
        except PermissionError:
            self.denied.add(path)
            raise
        if len(names) > most:
            raise self._left_out(too_many(path, most))
        return sorted(names)

    def readlink(self, path: str) -> str:
        """Return the target of a link as written. Raises OSError EINVAL if it is not a link."""
        _, node = walk(self._layer, path, follow=False)
        if node is None:
            raise error(errno.ENOENT, path)
        if node.kind != "link":
            raise error(errno.EINVAL, path)
        return node.target

    def realpath(self, path: str) -> str:
        """Return the canonical path. Missing parts stay as they are."""
        try:
            return os.path.realpath(path) if self._direct else walk(self._layer, path)[0]
        except ValueError:
            return path
        except OSError:
            folder, name = posixpath.split(posixpath.normpath(path))
            return posixpath.join(self.realpath(folder), name) if name else folder

    def access(self, path: str, mode: int) -> bool:
        """Whether this process has access in this mode (os.F_OK, or os.R_OK | os.W_OK | os.X_OK)."""
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
        try:
            here, node = walk(self._layer, path)
        except PermissionError:
            self.denied.add(path)
            raise
        if node is None:
            raise error(errno.ENOENT, path)
        return here, node


def _stat(node: Node) -> Stat:
    return Stat(node.kind, node.identity, node.mode, node.size, node.mtime_ns, node.owner[0])


def _open(path: str, stat: Stat, flags: int = 0) -> Open:
    """Open a file or directory. Opening anything else may block or do something: it counts as empty."""
    if stat.kind not in ("file", "dir"):
        return Open(stat, -1)
    return Open(stat, os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags))


__all__ = ["Change", "Copy", "Data", "Files", "Gone", "Identity", "LinkChange", "Open", "Stat"]
