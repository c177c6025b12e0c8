"""A read-only view of a file system in which changes can be tried without being made."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Callable, Mapping
from typing import Any, Optional, TypeVar

import msgspec

from tritondoctor.support.reading import Limit, Most, Unreadable, too_large, too_many

from .disk import Disk
from .nodes import FolderNames, Identity, Layer, Node, NodeKind, Paths, error, parents, walk
from .overlay import Change, Copy, Data, Gone, LinkChange, Overlay
from .seen_paths import SeenPaths

Value = TypeVar("Value")

BLOCK = 1 << 14
PIECE, OVERLAP = 1 << 22, 1 << 12


class Stat(msgspec.Struct, frozen=True):
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

    def around(self, offset: int, size: int) -> tuple[bytes, int]:
        """Return bytes, and where in them `offset` is: at least `size` from there, fewer at the end."""
        block, start = self._blocks.get(offset // BLOCK, b""), offset % BLOCK
        return (block, start) if start + size <= len(block) else (self.read(offset, size), 0)

    def string(self, offset: int, most: int) -> bytes:
        """Return the bytes from `offset` up to the next NUL or the end of the file, at most `most`."""
        block, start = self._blocks.get(offset // BLOCK, b""), offset % BLOCK
        end = block.find(b"\0", start, start + most)
        if end >= 0:
            return block[start:end]
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
    read or reach, `changed` the canonical paths of the changes that were laid over the disk.

    It is one look at files that hold still meanwhile: nothing is asked for twice. Changed views share
    what was seen. After a change that was really made, another `Files` is needed.
    """

    def __init__(self, root: str = "/") -> None:
        self.root = posixpath.abspath(root)
        self._disk = Disk(self.root.rstrip("/"))
        self._layer: Layer = self._disk
        self._paths = Paths(self._layer)
        self._parsed: dict[object, Any] = {}
        self._of_view: dict[object, Any] = {}
        self.set_aside: dict[str, str] = {}
        self.denied: set[str] = set()
        self.changed: tuple[str, ...] = ()

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
        view._disk = self._disk
        view._layer = Overlay(self._layer, placed)
        view._paths = Paths(view._layer)
        view._parsed = self._parsed
        view.set_aside = self.set_aside
        view.denied = self.denied
        view.changed = (*self.changed, *placed)
        return view

    def apart(self) -> Files:
        """Return the same look at the disk, which keeps its own list of what was left out or denied."""
        view = Files(self.root)
        view._disk, view._layer, view._paths = self._disk, self._layer, self._paths
        view._parsed = self._parsed
        view.changed = self.changed
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

    def asked(self) -> Optional[SeenPaths]:
        """Return what was looked at through this view; None where nothing is changed in it."""
        return self._layer.asked() if isinstance(self._layer, Overlay) else None

    def memory(self) -> dict[object, Any]:
        """Return what readers of these files keep between calls, by identity; changed views share it."""
        return self._parsed

    def view_memory(self) -> dict[object, Any]:
        """Return what readers of this view alone keep between calls, by path."""
        return self._of_view

    def open(self, path: str) -> Open:
        """Open for reading. A directory can be opened, as with open(2), but not read."""
        _, node = self._walk(path)
        stat = _stat(node)
        if node.content is not None:
            return Open(stat, -1, _permitted(node, path))
        if node.kind == "dir":
            return Open(stat, os.open(node.host or "/", os.O_RDONLY | os.O_CLOEXEC))
        if node.kind != "file":
            return Open(stat, -1)  # opening anything else may block or do something: it counts as empty
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
        try:
            return Open(stat, os.open(node.host, flags))
        except PermissionError:
            self.denied.add(path)
            raise

    def head(self, path: str, size: int) -> bytes:
        """Return the first `size` bytes, or fewer."""
        with self.open(path) as opened:
            return opened.read(0, size)

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a file of at most `limit` bytes."""
        return self._content(path, self._walk(path)[1], limit)

    def parsed(
        self, path: str, limit: int, kind: object, parse: Callable[[bytes], Value], *, last: bool = False
    ) -> Value:
        """`parse` of the whole file, remembered under `kind`; `last`: nobody asks for the content again.

        Raises what `read` and `parse` raise.
        """
        _, node = self._walk(path)
        key = (kind, node.host if node.content is None else node.content)
        if key not in self._parsed:
            self._parsed[key] = parse(self._content(path, node, limit, last=last))
        value: Value = self._parsed[key]
        return value

    def _content(self, path: str, node: Node, limit: int, *, last: bool = False) -> bytes:
        if node.kind == "dir":
            raise error(errno.EISDIR, path)
        try:
            if node.content is None:
                return self._disk.content(node.host, limit, last=last) if node.kind == "file" else b""
        except PermissionError:
            self.denied.add(path)
            raise
        except Unreadable as failure:
            raise self._left_out(Unreadable(failure.errno or 0, failure.strerror or "", path)) from None
        if len(node.content) > limit:
            raise self._left_out(too_large(path, limit))
        return _permitted(node, path)

    def holds(self, path: str, part: bytes) -> bool:
        """Whether a file of at most Limit.LIBRARY contains these bytes (at most OVERLAP)."""
        stat = self.stat(path)
        key = ("holds", stat.identity, part)
        if key not in self._parsed:
            if stat.size > Limit.LIBRARY:
                raise self._left_out(too_large(path, Limit.LIBRARY))
            with self.open(path) as opened:
                places = range(0, stat.size, PIECE)
                self._parsed[key] = any(part in opened.read(place, PIECE + OVERLAP) for place in places)
        found: bool = self._parsed[key]
        return found

    def leave_out(self, path: str, why: str) -> None:
        """Note that a part of this file was not read; `why` is the end of a sentence."""
        self.set_aside.setdefault(path, why)

    def _left_out(self, failure: Unreadable) -> Unreadable:
        self.leave_out(failure.filename, failure.strerror or "")
        return failure

    def stat(self, path: str) -> Stat:
        """Return the stat of what `path` leads to, links followed."""
        return _stat(self._walk(path)[1])

    def is_dir(self, path: str) -> bool:
        return self._kind(path) == "dir"

    def is_file(self, path: str) -> bool:
        return self._kind(path) == "file"

    def exists(self, path: str) -> bool:
        return self._kind(path) != ""

    def _kind(self, path: str) -> str:
        try:
            node = self._reached(path)[1]
        except OSError:
            return ""
        return "" if node is None else node.kind

    def lexists(self, path: str) -> bool:
        """Whether there is an entry of this name, even a dangling link."""
        try:
            return self._paths.walk(path, follow=False)[1] is not None
        except OSError:
            return False

    def listdir(self, path: str, most: int = Most.NAMES) -> list[str]:
        """Return the names in a directory, sorted. Raises Unreadable if there are more than `most`."""
        return sorted(self.entries(path, most))

    def entries(self, path: str, most: int = Most.NAMES) -> Mapping[str, NodeKind]:
        """Return the names in a directory with their kinds, of links "link". Raises as `listdir` does."""
        here, node = self._walk(path)
        if node.kind != "dir":
            raise error(errno.ENOTDIR, path)
        try:
            names = self._layer.entries(here)
        except PermissionError:
            self.denied.add(path)
            raise
        if len(names) > most:
            raise self._left_out(too_many(path, most))
        return names

    def names(self, path: str) -> FolderNames:
        """Return all names in a directory, to ask whether there are some. Raises OSError."""
        here, node = self._walk(path)
        if node.kind != "dir":
            raise error(errno.ENOTDIR, path)
        try:
            return self._layer.names(here)
        except PermissionError:
            self.denied.add(path)
            raise

    def readlink(self, path: str) -> str:
        """Return the target of a link as written. Raises OSError EINVAL if it is not a link."""
        _, node = self._paths.walk(path, follow=False)
        if node is None:
            raise error(errno.ENOENT, path)
        if node.kind != "link":
            raise error(errno.EINVAL, path)
        return node.target

    def realpath(self, path: str) -> str:
        """Return the canonical path. Missing parts stay as they are."""
        try:
            return self._paths.walk(path)[0]
        except OSError:
            folder, name = posixpath.split(posixpath.normpath(path))
            return posixpath.join(self.realpath(folder), name) if name else folder

    def access(self, path: str, mode: int) -> bool:
        """Whether this process has access in this mode (os.F_OK, or os.R_OK | os.W_OK | os.X_OK)."""
        try:
            _, node = self._walk(path)
        except OSError:
            return False
        if self._layer is self._disk:
            return os.access(node.host, mode)
        if node.host and not os.access(node.host, mode & ~os.X_OK):
            return False
        return not mode & os.X_OK or bool(node.inode.mode & 0o111)

    def _walk(self, path: str) -> tuple[str, Node]:
        here, node = self._reached(path)
        if node is None:
            raise error(errno.ENOENT, path)
        return here, node

    def _reached(self, path: str) -> tuple[str, Optional[Node]]:
        try:
            return self._paths.walk(path)
        except PermissionError:
            self.denied.add(path)
            raise


def _stat(node: Node) -> Stat:
    inode = node.inode
    return Stat(node.kind, inode.identity, inode.mode, inode.size, inode.mtime_ns, inode.owner)


def _permitted(node: Node, path: str) -> bytes:
    if not node.inode.mode & 0o444:
        raise error(errno.EACCES, path)
    return node.content or b""


__all__ = ["Change", "Copy", "Data", "Files", "Gone", "Identity", "LinkChange", "Open", "Stat"]
