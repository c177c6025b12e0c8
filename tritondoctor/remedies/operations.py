"""What is done to the machine, in steps that can each be tried on an overlay, made, and taken back."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Union

import msgspec

from tritondoctor.checks.edits import Link, Mode, Move
from tritondoctor.loader import Change, Copy, Gone, LinkChange
from tritondoctor.remedies.packages import PackageChange


class RemedyError(Exception):
    """A remedy cannot be made here; the message says why and what to do."""


class PutFile(msgspec.Struct, frozen=True, tag=True):
    """The file at `path` is replaced by a copy of `source`, which lies in the workshop."""

    path: str
    source: str


class Remove(msgspec.Struct, frozen=True, tag=True):
    """A file or link goes away."""

    path: str


class RemoveFolder(msgspec.Struct, frozen=True, tag=True):
    """A folder goes away where nothing is in it any more."""

    path: str


class Transaction(msgspec.Struct, frozen=True, tag=True):
    """A package manager's own work on a prefix.

    What its dry run said that it does: `staged` are the paths in the prefix that come, each with a file
    to try it with, `gone` those that go, `packages` what changes, `digests` the archives by name.
    """

    command: tuple[str, ...]
    prefix: str
    staged: dict[str, str]
    gone: tuple[str, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    digests: dict[str, str] = {}


Operation = Union[Link, Move, Mode, PutFile, Remove, RemoveFolder, Transaction]


def changes_of(operations: Iterable[Operation]) -> dict[str, Change]:
    """The operations as changes of a view of the files (loader.Files.with_changes)."""
    changes: dict[str, Change] = {}
    for one in operations:
        if isinstance(one, Link):
            changes[one.path] = LinkChange(one.target)
        elif isinstance(one, Move):
            changes[one.to] = Copy(one.path)
            changes[one.path] = Gone()
        elif isinstance(one, Mode):
            changes[one.path] = Copy(one.path, one.mode)
        elif isinstance(one, PutFile):
            changes[one.path] = _put(one.source)
        elif isinstance(one, (Remove, RemoveFolder)):
            changes[one.path] = Gone()
        else:
            changes.update({path: Gone() for path in one.gone})
            changes.update({path: _put(source) for path, source in one.staged.items()})
    return changes


def _put(source: str) -> Change:
    return LinkChange(os.readlink(source)) if os.path.islink(source) else Copy(source)


def paths_of(one: Operation) -> list[str]:
    """Every path that an operation writes."""
    if isinstance(one, Move):
        return [one.path, one.to]
    return [f"{one.prefix}/conda-meta/history"] if isinstance(one, Transaction) else [one.path]
