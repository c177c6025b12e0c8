"""What is done to the machine, in steps that can each be tried on an overlay, made, and taken back."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Union

import msgspec

from tritondoctor.checks.edits import Link, Mode, Move
from tritondoctor.loader import Change, Copy, Gone, LinkChange
from tritondoctor.remedies.packages import PackageChange
from tritondoctor.support.errors import DoctorError


class RemedyError(DoctorError):
    """A remedy cannot be made here; the message says why and what to do."""


class UnbuiltError(RemedyError):
    """There is a source archive only, which is not built before the user agrees: that runs its code."""


class PutFile(msgspec.Struct, frozen=True, tag=True):
    """The file at `path` is replaced by a copy of `source`, which lies in the staging folder."""

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
    made: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Of what names it: worlds are remembered by their operations, and no dict has a hash."""
        return hash((self.command, self.prefix))


Operation = Union[Link, Move, Mode, PutFile, Remove, RemoveFolder, Transaction]


def changes_of(operations: Iterable[Operation]) -> dict[str, Change]:
    """The operations as changes of a view of the files (loader.Files.with_changes)."""
    changes: dict[str, Change] = {}
    for operation in operations:
        if isinstance(operation, Link):
            changes[operation.path] = LinkChange(operation.target)
        elif isinstance(operation, Move):
            changes[operation.to] = Copy(operation.path)
            changes[operation.path] = Gone()
        elif isinstance(operation, Mode):
            changes[operation.path] = Copy(operation.path, operation.mode)
        elif isinstance(operation, PutFile):
            changes[operation.path] = _put(operation.source)
        elif isinstance(operation, (Remove, RemoveFolder)):
            changes[operation.path] = Gone()
        else:
            changes.update({path: Gone() for path in operation.gone})
            changes.update({path: _put(source) for path, source in operation.staged.items()})
    return changes


def _put(source: str) -> Change:
    return LinkChange(os.readlink(source)) if os.path.islink(source) else Copy(source)


def paths_of(operation: Operation) -> list[str]:
    """Every path that an operation writes."""
    if isinstance(operation, Move):
        return [operation.path, operation.to]
    return (
        [f"{operation.prefix}/conda-meta/history"]
        if isinstance(operation, Transaction)
        else [operation.path]
    )
