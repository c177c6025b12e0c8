"""A layer of a file system: a real tree, or changes laid over another layer.

`node(path)` of a layer returns what is at a canonical path (absolute, none of its directories a link).
`walk` follows the links of any other path, as in path_resolution(7).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Optional, Protocol, Union

Identity = tuple[object, ...]
NodeKind = Literal["dir", "file", "link", "other"]

MAX_LINKS = 40


@dataclass(frozen=True)
class LinkChange:
    """A symbolic link. A relative target is relative to the directory that holds the link."""

    target: str


@dataclass(frozen=True)
class Data:
    """A regular file with these bytes."""

    content: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class Copy:
    """A copy of `source`, the absolute path of a file or of a directory with everything below it.

    The source is looked up before the changes; links inside a copied tree stay links.
    """

    source: str
    mode: Optional[int] = None


@dataclass(frozen=True)
class Gone:
    """Nothing is left here or below."""


Change = Union[LinkChange, Data, Copy, Gone]


class Node(NamedTuple):
    """A directory entry. `host` is a path this process can open; `content` stands in for one."""

    kind: NodeKind
    identity: Identity
    mode: int
    size: int
    mtime_ns: int = 0
    host: str = ""
    content: Optional[bytes] = None
    target: str = ""
    owner: tuple[int, int] = (0, 0)


class Layer(Protocol):
    """A source of nodes; the paths given to it are canonical."""

    def node(self, path: str) -> Optional[Node]:
        """Return what is at `path`, links not followed; None for nothing. Raises OSError (EACCES…)."""

    def names(self, path: str) -> set[str]:
        """Return the entries of a directory. Raises OSError."""


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


def kind_of(mode: int) -> NodeKind:
    """Return the kind of a node, from st_mode."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "link" if stat.S_ISLNK(mode) else "other"


class Disk:
    """The real tree below `root` (without a trailing slash: "" for the whole machine)."""

    def __init__(self, root: str) -> None:
        self._root = root

    def node(self, path: str) -> Optional[Node]:
        host = self._root + path
        try:
            info = os.lstat(host)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        kind = kind_of(info.st_mode)
        return Node(
            kind,
            (info.st_dev, info.st_ino),
            stat.S_IMODE(info.st_mode),
            info.st_size,
            info.st_mtime_ns,
            host,
            target=os.readlink(host) if kind == "link" else "",
            owner=(info.st_uid, info.st_gid),
        )

    def names(self, path: str) -> set[str]:
        return set(os.listdir(self._root + path))


class Overlay:
    """Changes over `below`, which must not change meanwhile, because answers are remembered."""

    def __init__(self, below: Layer, changes: Mapping[str, Change]) -> None:
        self._below = below
        self._changes = dict(changes)
        self._seen: dict[str, Optional[Node]] = {}
        self._sources = {
            place: _canonical(below, change.source)
            for place, change in changes.items()
            if isinstance(change, Copy)
        }
        self._implied = {
            parent
            for place, change in changes.items()
            if not isinstance(change, Gone)
            for parent in parents(place)
        }

    def node(self, path: str) -> Optional[Node]:
        if path not in self._seen:
            self._seen[path] = self._find(path)
        return self._seen[path]

    def names(self, path: str) -> set[str]:
        origin = self._origin(path)
        below = self._below.node(origin[1]) if origin else None
        found = set()
        if origin and below and below.kind == "dir":
            found = self._below.names(origin[1])
        prefix = path.rstrip("/") + "/"
        changed = {place[len(prefix) :] for place in self._changes if place.startswith(prefix)}
        found |= {name.partition("/")[0] for name in changed}
        return {name for name in found if self.node(prefix + name) is not None}

    def _find(self, path: str) -> Optional[Node]:
        change = self._changes.get(path)
        if isinstance(change, LinkChange):
            identity: Identity = ("link", path, change.target)
            return Node("link", identity, 0o777, len(change.target), target=change.target)
        if isinstance(change, Data):
            size, content = len(change.content), change.content
            return Node("file", ("data", path, content), change.mode, size, content=content)
        found = self._inherited(path)
        if isinstance(change, Copy) and change.mode is not None and found is not None:
            found = found._replace(mode=change.mode)
        if path in self._implied and (found is None or found.kind != "dir"):
            return Node("dir", ("dir", path), 0o755, 0)
        return found

    def _inherited(self, path: str) -> Optional[Node]:
        origin = self._origin(path)
        found = self._below.node(origin[1]) if origin else None
        if origin is None or found is None or not origin[0]:
            return found
        return found._replace(identity=("copy", path, *found.identity))

    def _origin(self, path: str) -> Optional[tuple[str, str]]:
        """Return (the Copy that contains `path`, or ""; the path below), or None if a change hides it."""
        for place in (path, *parents(path)):
            if place in self._sources:
                return place, self._sources[place].rstrip("/") + path[len(place) :]
            if place in self._changes:
                return None
        return "", path


def _canonical(layer: Layer, path: str) -> str:
    try:
        return walk(layer, path)[0]
    except OSError:
        return path


def parents(path: str) -> list[str]:
    """Return every directory above the canonical `path`, the nearest first, "/" last."""
    found = []
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        found.append(path)
    return found
