"""Changes of files, laid over another layer without being made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional, Union

import msgspec

from .nodes import FolderNames, Identity, Inode, Layer, Node, NodeKind, parents, walk
from .seen_paths import SeenPaths


class LinkChange(msgspec.Struct, frozen=True):
    """A symbolic link. A relative target is relative to the directory that holds the link."""

    target: str


class Data(msgspec.Struct, frozen=True):
    """A regular file with these bytes."""

    content: bytes
    mode: int = 0o644


class Copy(msgspec.Struct, frozen=True):
    """A copy of `source`, the absolute path of a file or of a directory with everything below it.

    The source is looked up before the changes; links inside a copied tree stay links.
    """

    source: str
    mode: Optional[int] = None


class Gone(msgspec.Struct, frozen=True):
    """Nothing is left here or below."""


Change = Union[LinkChange, Data, Copy, Gone]


class _AskedNames:
    """The names in a folder, and the paths of those that were asked for."""

    def __init__(self, folder: str, names: Mapping[str, NodeKind], asked: dict[str, None]) -> None:
        self._folder, self._names, self._asked = folder.rstrip("/"), names, asked

    def __contains__(self, name: object) -> bool:
        self._asked[f"{self._folder}/{name}"] = None
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)


class Overlay:
    """Changes over `below`, which must not change meanwhile, because answers are remembered."""

    def __init__(self, below: Layer, changes: Mapping[str, Change]) -> None:
        self._below = below
        self._changes = dict(changes)
        self._seen: dict[str, Optional[Node]] = {}
        self._listings: dict[str, Mapping[str, NodeKind]] = {}
        self._asked: dict[str, None] = {}
        self._origins: dict[str, Optional[tuple[str, str]]] = {"/": ("", "/")}
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

    def asked(self) -> SeenPaths:
        """Return what was looked at until now."""
        nodes, listings, asked = self._seen, self._listings, self._asked
        return SeenPaths(nodes, len(nodes), listings, len(listings), asked, len(asked))

    def node(self, path: str) -> Optional[Node]:
        """Return what is at `path` with the changes. Raises OSError."""
        try:
            return self._seen[path]
        except KeyError:
            found = self._seen[path] = self._find(path)
            return found

    def entries(self, path: str) -> Mapping[str, NodeKind]:
        """Return the names in a directory with the changes, and their kinds. Raises OSError."""
        if path not in self._listings:
            self._listings[path] = self._list(path)
        return self._listings[path]

    def names(self, path: str) -> FolderNames:
        """Return the same names; which of them are asked for is noted. Raises OSError."""
        return _AskedNames(path, self._list(path), self._asked)

    def _list(self, path: str) -> Mapping[str, NodeKind]:
        origin = self._origin(path)
        below = self._below.node(origin[1]) if origin else None
        found: Mapping[str, NodeKind] = {}
        if origin and below and below.kind == "dir":
            found = self._below.entries(origin[1])
        prefix = path.rstrip("/") + "/"
        changed = [place[len(prefix) :] for place in self._changes if place.startswith(prefix)]
        if not changed:
            return found
        after = dict(found)
        for name in {name.partition("/")[0] for name in changed}:
            after.pop(name, None)
            node = self.node(prefix + name)
            if node is not None:
                after[name] = node.kind
        return after

    def _find(self, path: str) -> Optional[Node]:
        change = self._changes.get(path)
        if isinstance(change, LinkChange):
            identity: Identity = ("link", path, change.target)
            inode = Inode(identity, 0o777, len(change.target))
            return Node("link", inode, target=change.target)
        if isinstance(change, Data):
            content = change.content
            inode = Inode(("data", path, content), change.mode, len(content))
            return Node("file", inode, content=content)
        found = self._inherited(path)
        if isinstance(change, Copy) and change.mode is not None and found is not None:
            found = found.with_inode(msgspec.structs.replace(found.inode, mode=change.mode))
        if path in self._implied and (found is None or found.kind != "dir"):
            return Node("dir", Inode(("dir", path), 0o755, 0))
        return found

    def _inherited(self, path: str) -> Optional[Node]:
        origin = self._origin(path)
        found = self._below.node(origin[1]) if origin else None
        if origin is None or found is None or not origin[0]:
            return found
        inode = found.inode
        return found.with_inode(msgspec.structs.replace(inode, identity=("copy", path, *inode.identity)))

    def _origin(self, path: str) -> Optional[tuple[str, str]]:
        """Return (the Copy that contains `path`, or ""; the path below), or None if a change hides it."""
        if path in self._sources:
            return path, self._sources[path]
        if path in self._changes:
            return None
        if path == "/":
            return "", "/"
        folder, _, name = path.rpartition("/")
        folder = folder or "/"
        if folder not in self._origins:
            self._origins[folder] = self._origin(folder)
        above = self._origins[folder]
        return above and (above[0], f"{above[1].rstrip('/')}/{name}")


def _canonical(layer: Layer, path: str) -> str:
    try:
        return walk(layer, path)[0]
    except OSError:
        return path
