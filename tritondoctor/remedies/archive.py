"""Packages of a front end's cache, laid over a prefix as it would, and compared with their hashes."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional, TypeVar

import msgspec

from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.packages import ChannelPackage, channel_of, installed_in, package_of
from tritondoctor.remedies.path_state import digest_of
from tritondoctor.support import structs

_Shape = TypeVar("_Shape")


class _PathEntry(msgspec.Struct, frozen=True):
    """A file of a package (info/paths.json)."""

    path: str = msgspec.field(name="_path")
    sha256: Optional[str] = None
    prefix_placeholder: Optional[str] = None
    file_mode: Optional[str] = None


class _Paths(msgspec.Struct, frozen=True):
    paths: tuple[_PathEntry, ...] = ()


class _Noarch(msgspec.Struct, frozen=True):
    type: Optional[str] = None
    entry_points: tuple[str, ...] = ()


class _Link(msgspec.Struct, frozen=True):
    """How a package is laid into a prefix (info/link.json)."""

    noarch: Optional[_Noarch] = None


class Laid:
    """The files of packages at the paths of a prefix; `digests` are those of their archives by name,
    `made` the programs that the front end writes itself, from the entry points of `noarch: python`.
    """

    def __init__(
        self, prefix: str, folder: str, caches: Sequence[str], come: Iterable[ChannelPackage]
    ) -> None:
        self.prefix, self.folder, self.caches = prefix, folder, caches
        self.digests: dict[str, str] = {}
        self.made: list[str] = []
        self._count = 0
        python = {**installed_in(prefix), **{package.name: package for package in come}}.get("python")
        minor = ".".join(python.version.split(".")[:2]) if python else ""
        self._site = f"lib/python{minor}/site-packages"

    def files(
        self, linked: Sequence[Mapping[str, Any]], fetched: Sequence[ChannelPackage]
    ) -> dict[str, str]:
        """Path in the prefix -> file that will be there.

        Raises RemedyError where a package is in no cache, or not what its hashes say.
        """
        expected = {package.file_name: package.digest for package in fetched}
        found: dict[str, str] = {}
        for record in linked:
            package = package_of(record)
            source, known = self._cached(package, expected.get(package.file_name, ""), channel_of(record))
            self.digests[package.name] = known.digest
            found.update(self._laid(source))
            found.update(self._record(source, package))
        return found

    def _cached(self, package: ChannelPackage, digest: str, channel: str) -> tuple[str, ChannelPackage]:
        """A package's folder in a cache, of the right channel where there is one, and its record."""
        candidates = [
            (os.path.join(cache, package.file_name), known)
            for cache in self.caches
            for known in _record_of(os.path.join(cache, package.file_name))
        ]
        candidates.sort(key=lambda found: found[1].channel != channel)
        for folder, known in candidates:
            if not digest or known.digest == digest:
                return folder, known
        wrong = "the cache holds a different package of that name"
        if not candidates:
            wrong = "it is not in the package cache"
        raise RemedyError(f"{package.file_name} of {channel} cannot be simulated: {wrong}")

    def _laid(self, source: str) -> Iterator[tuple[str, str]]:
        noarch = _shaped(source, "link.json", _Link).noarch
        python = noarch is not None and noarch.type == "python"
        for entry_point in noarch.entry_points if noarch else ():
            program = entry_point.partition("=")[0].strip()
            if program and "/" not in program:
                self.made.append(os.path.join(self.prefix, "bin", program))
        for entry in _shaped(source, "paths.json", _Paths).paths:
            name = entry.path
            path = os.path.join(source, name)
            _examine(path, entry)
            place = self._place(name) if python else name
            target = os.path.normpath(os.path.join(self.prefix, place))
            if not target.startswith(self.prefix + "/"):
                raise RemedyError(f"{source} names a path outside the prefix: {name}")
            yield target, self._with_prefix(path, entry)

    def _place(self, name: str) -> str:
        """Where a file of a `noarch: python` package goes."""
        for before, after in (("site-packages/", self._site + "/"), ("python-scripts/", "bin/")):
            if name.startswith(before):
                return after + name[len(before) :]
        return name

    def _with_prefix(self, path: str, entry: _PathEntry) -> str:
        """The file itself, or a copy in which the prefix stands for its placeholder."""
        placeholder = entry.prefix_placeholder
        if not placeholder or os.path.islink(path):
            return path
        with open(path, "rb") as file:
            content = file.read()
        before, after = os.fsencode(placeholder), os.fsencode(self.prefix)
        if entry.file_mode == "binary":
            content = _padded(content, before, after)
        else:
            content = content.replace(before, after)
        made = self._new()
        with open(made, "wb") as file:
            file.write(content)
        shutil.copymode(path, made)
        return made

    def _record(self, source: str, package: ChannelPackage) -> Iterator[tuple[str, str]]:
        made = self._new()
        shutil.copy(os.path.join(source, "info", "repodata_record.json"), made)
        yield os.path.join(self.prefix, "conda-meta", package.file_name + ".json"), made

    def _new(self) -> str:
        self._count += 1
        return os.path.join(self.folder, str(self._count))


def _record_of(folder: str) -> Iterator[ChannelPackage]:
    try:
        yield package_of(_read(folder, "repodata_record.json"))
    except (RemedyError, KeyError):
        return


def _read(folder: str, name: str) -> dict[str, Any]:
    path = os.path.join(folder, "info", name)
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as failure:
        raise RemedyError(f"{path} cannot be read") from failure
    return found if isinstance(found, dict) else {}


def _shaped(folder: str, name: str, shape: type[_Shape]) -> _Shape:
    """A file of a package's info, of which nothing is taken for granted.  Raises RemedyError."""
    try:
        return structs.convert(_read(folder, name), shape)
    except ValueError as failure:
        path = os.path.join(folder, "info", name)
        raise RemedyError(f"the package cache is damaged: {path}: {failure}") from failure


def _examine(path: str, entry: _PathEntry) -> None:
    """Raises RemedyError where a file of the cache is not the one that was packed."""
    digest = entry.sha256
    if not os.path.lexists(path):
        raise RemedyError(f"the package cache is damaged: {path} is missing")
    if digest and not os.path.islink(path) and digest_of(path) != digest:
        raise RemedyError(f"the package cache is damaged: {path} differs from its package")


def _padded(content: bytes, before: bytes, after: bytes) -> bytes:
    """As conda replaces a prefix in a binary: each string keeps its length."""

    def replaced(match: re.Match[bytes]) -> bytes:
        text = match.group()
        return text.replace(before, after).ljust(len(text), b"\0")

    return re.sub(re.escape(before) + rb"[^\0]*\0", replaced, content)
