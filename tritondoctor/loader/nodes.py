"""What stands at a path, and how a path leads to it.

`node(path)` of a layer returns what is at a canonical path (absolute, none of its directories a link).
`walk` follows the links of any other path, as in path_resolution(7); `Paths` remembers where they lead.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Literal, Optional, Protocol, Union

import msgspec

Identity = tuple[object, ...]
NodeKind = Literal["dir", "file", "link", "other"]

MAX_LINKS = 40
_LONGEST = 4096  # PATH_MAX
_DEEP = 100  # folders that are remembered one by one


class Inode(msgspec.Struct, frozen=True):
    """What stat(2) says of a file: two paths with the same `identity` are the same file."""

    identity: Identity
    mode: int
    size: int
    mtime_ns: int = 0
    owner: int = 0


class Node:
    """A directory entry. `host` is a path this process can open; `content` stands in for one.

    Its inode is asked for when it is needed: raises OSError where it has vanished meanwhile.
    """

    __slots__ = ("_inode", "content", "host", "kind", "target")

    def __init__(
        self,
        kind: NodeKind,
        inode: Optional[Inode] = None,
        host: str = "",
        content: Optional[bytes] = None,
        target: str = "",
    ) -> None:
        self.kind = kind
        self._inode = inode
        self.host = host
        self.content = content
        self.target = target

    @property
    def inode(self) -> Inode:
        if self._inode is None:
            from .disk import inode_of

            self._inode = inode_of(os.lstat(self.host))
        return self._inode

    def with_inode(self, inode: Inode) -> Node:
        """The same entry, that says another inode of itself."""
        return Node(self.kind, inode, self.host, self.content, self.target)


class FolderNames(Protocol):
    """The names in a directory."""

    def __contains__(self, name: object, /) -> bool:
        """Whether there is one."""

    def __len__(self) -> int:
        """How many there are."""


class Layer(Protocol):
    """A source of nodes; the paths given to it are canonical."""

    def node(self, path: str) -> Optional[Node]:
        """Return what is at `path`, links not followed; None for nothing. Raises OSError (EACCES…)."""

    def entries(self, path: str) -> Mapping[str, NodeKind]:
        """Return the names in a directory, with their kinds. Raises OSError."""

    def names(self, path: str) -> FolderNames:
        """Return the same names, to ask for some of them. Raises OSError."""


def error(number: int, path: str) -> OSError:
    """Return the OSError (of the right subclass) for an errno."""
    return OSError(number, os.strerror(number), path)


def walk(layer: Layer, path: str, follow: bool = True) -> tuple[str, Optional[Node]]:
    """Return the canonical path and its node, or None if only the last component is missing.

    `follow` False leaves a link in the last component alone.
    Raises OSError: ENOENT or ENOTDIR for a directory on the way, ELOOP, EACCES; ENOENT for a path that is
    not absolute.
    """
    if not path.startswith("/"):
        raise error(errno.ENOENT, path)
    todo = [part for part in reversed(path.split("/")) if part]
    must_be_directory = path.endswith(("/", "/."))
    here, node, links = "/", layer.node("/"), 0
    while todo:
        part = todo.pop()
        if node is None:
            raise error(errno.ENOENT, path)
        if node.kind != "dir":
            raise error(errno.ENOTDIR, path)
        if part == ".":
            continue
        if part == "..":
            here = here.rpartition("/")[0] or "/"
            node = layer.node(here)
            continue
        place = f"{here.rstrip('/')}/{part}"
        node = layer.node(place)
        if node is not None and node.kind == "link" and (todo or follow or must_be_directory):
            links += 1
            if links > MAX_LINKS:
                raise error(errno.ELOOP, path)
            todo.extend(step for step in reversed(node.target.split("/")) if step)
            must_be_directory = must_be_directory or (not todo and node.target.endswith("/"))
            if node.target.startswith("/"):
                here = "/"
            node = layer.node(here)
            continue
        here = place
    if must_be_directory and node is not None and node.kind != "dir":
        raise error(errno.ENOTDIR, path)
    return here, node


class Paths:
    """Walks in one layer; where a folder or a link leads is found once."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._folders: dict[str, Union[str, int]] = {"": ""}
        self._links: dict[str, tuple[str, Optional[Node]]] = {}

    def walk(self, path: str, follow: bool = True) -> tuple[str, Optional[Node]]:
        """As `walk` does."""
        folder, slash, name = path.rpartition("/")
        if len(path) >= _LONGEST:
            raise error(errno.ENAMETOOLONG, path)
        if folder and not name:
            found = self.walk(folder)
            if found[1] is not None and found[1].kind != "dir":
                raise error(errno.ENOTDIR, path)
            return found
        if not slash or name in ("", ".", "..") or path[0] != "/" or path.count("/") > _DEEP:
            return walk(self._layer, path, follow)
        here = self._folders.get(folder)
        if here is None:
            here = self._folders[folder] = self._folder(folder)
        if isinstance(here, int):
            raise error(here, path)
        place = f"{here}/{name}"
        node = self._layer.node(place)
        if node is None or node.kind != "link" or not follow:
            return place, node
        if path not in self._links:
            self._links[path] = walk(self._layer, path)
        return self._links[path]

    def _folder(self, path: str) -> Union[str, int]:
        """Return the canonical path of a folder, without a slash at its end, or the errno."""
        try:
            here, node = self.walk(path)
        except OSError as failure:
            return failure.errno or 0
        if node is None:
            return errno.ENOENT
        return here.rstrip("/") if node.kind == "dir" else errno.ENOTDIR


def parents(path: str) -> list[str]:
    """Return every directory above the canonical `path`, the nearest first, "/" last."""
    found = []
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        found.append(path)
    return found
