"""The real tree below a root, looked at once: what was seen, listed or read is not asked for again."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Optional, Union

from tritondoctor.support.reading import Most, read_open, too_large

from .nodes import FolderNames, Inode, Node, NodeKind, error

#: contents that are kept for a second reader: a launch of PyTriton 0.7.0 reads 11 MB of modules
_KEPT_EACH, _KEPT_TOGETHER = 1 << 20, 1 << 25


class Disk:
    """The real tree below `root` (without a trailing slash: "" for the whole machine).

    It must not change meanwhile: answers are remembered, and what a listing says of a name's kind is not
    asked for again. That a name is missing in a listing is no answer, for some file systems show a folder
    only to who asks for it (autofs).
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._nodes: dict[str, Union[Node, int, None]] = {}
        self._listings: dict[str, Union[dict[str, NodeKind], int]] = {}
        self._searchable: dict[str, dict[str, NodeKind]] = {}
        self._contents: dict[str, bytes] = {}
        self._room = _KEPT_TOGETHER

    def node(self, path: str) -> Optional[Node]:
        """Return what is at the canonical `path`; None for nothing. Raises OSError (EACCES…)."""
        try:
            found = self._nodes[path]
        except KeyError:
            found = self._nodes[path] = self._look(path)
        if isinstance(found, int):
            raise error(found, path)
        return found

    def _look(self, path: str) -> Union[Node, int, None]:
        folder, _, name = path.rpartition("/")
        host = self._root + path
        kind = self._searchable.get(folder or "/", _NOTHING).get(name)
        if kind == "file" or kind == "dir":
            return Node(kind, host=host)
        if self._nodes.get(folder, _NOTHING) is None:
            return None  # as its folder, which was asked for
        try:
            info = os.lstat(host)
            if not stat.S_ISLNK(info.st_mode):
                return Node(kind_of(info.st_mode), inode_of(info), host)
            target = os.readlink(host)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as failure:
            return failure.errno or 0
        if host.startswith("/proc/") and ":[" in target:
            return Node("other", inode_of(info), host)  # a pipe or a socket, which has no name
        return Node("link", inode_of(info), host, target=target)

    def entries(self, path: str) -> Mapping[str, NodeKind]:
        """Return the names in a directory with their kinds, no more than a few above `Most.NAMES`.

        Raises OSError.
        """
        found = self._listings.get(path)
        if found is None:
            try:
                found = self._listings[path] = _listing(self._root + path)
            except OSError as failure:
                self._listings[path] = failure.errno or 0
                raise
            if len(found) <= Most.NAMES and self._is_searchable(path):
                self._searchable[path] = found
        if isinstance(found, int):
            raise error(found, path)
        return found

    def names(self, path: str) -> FolderNames:
        """Return the same names. Raises OSError."""
        return self.entries(path)

    def _is_searchable(self, path: str) -> bool:
        """Whether what a listing names can be reached: without the right x it cannot."""
        node = self.node(path)
        everyone = node is not None and node.inode.mode & 0o111 == 0o111
        return everyone or os.access(self._root + path, os.X_OK)

    def content(self, host: str, limit: int, *, last: bool = False) -> bytes:
        """Return the content of the regular file at `host`, which is kept unless it is the `last` time.

        Raises OSError, Unreadable above `limit`.
        """
        known = self._contents.get(host)
        if known is not None and last:
            self._room += len(self._contents.pop(host))
        if known is None:
            descriptor = os.open(host, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                known = read_open(descriptor, limit, host)
            finally:
                os.close(descriptor)
            if not last and len(known) <= min(_KEPT_EACH, self._room):
                self._contents[host] = known
                self._room -= len(known)
        elif len(known) > limit:
            raise too_large(host, limit)
        return known


_NOTHING: dict[str, NodeKind] = {}


def _listing(host: str) -> dict[str, NodeKind]:
    found: dict[str, NodeKind] = {}
    with os.scandir(host) as entries:
        for entry in entries:
            found[entry.name] = _kind_of_entry(entry)
            if len(found) > Most.NAMES:
                break
    return found


def _kind_of_entry(entry: os.DirEntry[str]) -> NodeKind:
    """Without a question to the file system, where that says the kind in its listing."""
    try:
        if entry.is_file(follow_symlinks=False):
            return "file"
        if entry.is_dir(follow_symlinks=False):
            return "dir"
        return "link" if entry.is_symlink() else "other"
    except OSError:
        return "other"


def kind_of(mode: int) -> NodeKind:
    """Return the kind of a node, from st_mode."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "link" if stat.S_ISLNK(mode) else "other"


def inode_of(info: os.stat_result) -> Inode:
    """Return what lstat(2) says."""
    identity = (info.st_dev, info.st_ino)
    return Inode(identity, stat.S_IMODE(info.st_mode), info.st_size, info.st_mtime_ns, info.st_uid)
