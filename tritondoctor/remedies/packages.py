"""Conda packages as a person reads them: which come, go, and change, and from which channel."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from tritondoctor.privacy.scrub import scrub
from tritondoctor.support import reading
from tritondoctor.support.numbers import whole

Kind = Literal["added", "removed", "upgraded", "downgraded", "rebuilt", "reinstalled"]
_HOSTS = ("https://conda.anaconda.org/", "https://repo.anaconda.com/")


class ChannelPackage(NamedTuple):
    """A package at a version, of a channel as conda names it; `digest` of its archive where known."""

    name: str
    version: str
    build: str
    channel: str
    digest: str = ""

    @property
    def file_name(self) -> str:
        """NAME-VERSION-BUILD, as conda names its record and its folder in the cache."""
        return f"{self.name}-{self.version}-{self.build}"


class PackageChange(NamedTuple):
    """What happens to a package; `before` and `after` are VERSION BUILD, empty where it is not there."""

    name: str
    kind: Kind
    before: str
    after: str
    channel: str

    @property
    def risky(self) -> bool:
        """Whether somebody may miss what was there."""
        return self.kind in ("removed", "downgraded")

    def __str__(self) -> str:
        span = " -> ".join(part for part in (self.before, self.after) if part)
        if self.kind == "reinstalled":
            span = self.after
        origin = f" from {self.channel}" if self.channel and self.after else ""
        return f"{self.kind}: {self.name} {span}{origin}"


def package_of(record: Mapping[str, Any]) -> ChannelPackage:
    """A package of a record as conda, mamba and micromamba write it; raises KeyError."""
    digest = str(record.get("sha256") or record.get("md5") or "")
    build = str(record.get("build_string") or record.get("build") or "")
    return ChannelPackage(str(record["name"]), str(record["version"]), build, channel_of(record), digest)


def channel_of(record: Mapping[str, Any]) -> str:
    """`conda-forge`, `pkgs/main`, else the channel's address without what is secret in it."""
    address = str(record.get("base_url") or record.get("channel") or "")
    address = re.sub(r"/(?:linux-\w+|noarch)/?$", "", address)
    for host in _HOSTS:
        address = address[len(host) :] if address.startswith(host) else address
    return scrub(address)


def installed_in(prefix: str) -> dict[str, ChannelPackage]:
    """The packages of a prefix by name, from its records; what cannot be read is not there."""
    return {package.name: package for package in _records(os.path.join(prefix, "conda-meta"))}


def owner_of(prefix: str, path: str) -> str:
    """The package of the prefix whose file it is, as its record is named; "" where it is nobody's."""
    folder, name = os.path.join(prefix, "conda-meta"), os.path.relpath(path, prefix)
    for record in _record_names(folder):
        if name in files_of_record(os.path.join(folder, record)):
            return record[: -len(".json")]
    return ""


def files_of_record(path: str) -> list[str]:
    """The files of a package below its prefix, as a record in conda-meta names them; none where that
    cannot be read.
    """
    try:
        record = json.loads(reading.read_bytes(path, reading.Limit.CONDA_RECORD))
        return [str(name) for name in record.get("files") or ()]
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return []


def _records(folder: str) -> Iterator[ChannelPackage]:
    for name in _record_names(folder):
        try:
            content = reading.read_bytes(os.path.join(folder, name), reading.Limit.CONDA_RECORD)
            yield package_of(json.loads(content))
        except (OSError, ValueError, KeyError, AttributeError, RecursionError):
            continue


def _record_names(folder: str) -> list[str]:
    try:
        return [name for name in reading.list_folder(folder) if name.endswith(".json")]
    except OSError:
        return []


def changes_between(
    gone: Iterable[ChannelPackage], come: Iterable[ChannelPackage]
) -> tuple[PackageChange, ...]:
    """What a transaction does that unlinks the first and links the second, by name."""
    before = {package.name: package for package in gone}
    after = {package.name: package for package in come}
    return tuple(
        _change(name, before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())
    )


def _change(name: str, before: ChannelPackage | None, after: ChannelPackage | None) -> PackageChange:
    channel = (after or before or ChannelPackage("", "", "", "")).channel
    return PackageChange(name, _kind(before, after), _label(before), _label(after), channel)


def _kind(before: ChannelPackage | None, after: ChannelPackage | None) -> Kind:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before.version == after.version:
        return "reinstalled" if before.build == after.build else "rebuilt"
    return "upgraded" if Version(before.version) < Version(after.version) else "downgraded"


def _label(package: ChannelPackage | None) -> str:
    return "" if package is None else f"{package.version} {package.build}".strip()


class Version:
    """Versions in conda's order: numbers by value, words before numbers, `post` behind (VersionOrder)."""

    def __init__(self, text: str) -> None:
        epoch, _, rest = text.lower().rpartition("!")
        parts = re.split(r"[._\-+]", rest)
        self.parts: list[Any] = [whole(epoch) if epoch.isdecimal() else 0, *map(_pieces, parts)]

    def __lt__(self, other: Version) -> bool:
        for mine, theirs in zip_longest(self.parts, other.parts, fillvalue=[0]):
            if mine != theirs:
                return _less(mine, theirs)
        return False


def _pieces(part: str) -> list[int | str]:
    pieces: list[int | str] = [
        whole(piece) if piece.isdecimal() else piece for piece in re.findall(r"\d+|[a-z*]+", part)
    ]
    return pieces if pieces and isinstance(pieces[0], int) else [0, *pieces]


def _less(part: Any, other: Any) -> bool:
    if isinstance(part, int):
        return bool(part < other)
    for first, second in zip_longest(part, other, fillvalue=0):
        if first != second:
            return _rank(first) < _rank(second)
    return False


def _rank(piece: int | str) -> tuple[int, int, str]:
    if isinstance(piece, int):
        return 1, piece, ""
    return {"post": (2, 0, ""), "dev": (-1, 0, "")}.get(piece, (0, 0, piece))
