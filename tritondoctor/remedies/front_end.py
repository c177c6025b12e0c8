"""conda, mamba or micromamba: the program that the user installs conda packages with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from tritondoctor.checks.edits import Conda
from tritondoctor.remedies.operations import Operation, RemedyError
from tritondoctor.remedies.packages import PackageChange
from tritondoctor.target import front_ends, identity


class FrontEnd(NamedTuple):
    """A program that installs conda packages; conda, mamba and micromamba take the same options."""

    name: str
    program: str

    def install(self, edit: Conda, channels: Sequence[str], *options: str) -> list[str]:
        """The command that changes a prefix."""
        again = ["--force-reinstall"] if edit.again else []
        return [
            self.program, "install", *options, "-p", edit.prefix, *_from(channels), *again, *edit.specs,
        ]  # fmt: skip


def examine_changes(changes: Sequence[PackageChange], name: str) -> None:
    """Raises RemedyError where packages of the user's would go; those that only stand for a choice
    (`_libgcc_mutex`) may.
    """
    gone = [
        change.name for change in changes if change.kind == "removed" and not change.name.startswith("_")
    ]
    if gone:
        raise RemedyError(f"{name} would remove {', '.join(gone)}")


class StagedPackages(NamedTuple):
    """What an installation does: its operations, the packages it changes, the command that does it."""

    operations: tuple[Operation, ...]
    packages: tuple[PackageChange, ...]
    command: str


def _from(channels: Sequence[str]) -> Iterator[str]:
    for channel in channels:
        yield from ("-c", channel)


def front_end(variables: Mapping[str, str], prefix: str = "") -> Optional[FrontEnd]:
    """The front end that is active, else the first on PATH; root takes none of another user's, unless
    that one can change the interpreter of `prefix` too, which is then agreed to (--trust-owner).
    """
    owner = identity.owner_of(os.path.join(prefix, "bin", "python")) if prefix else None
    found = front_ends.front_end(variables, (None, owner))
    return FrontEnd(found.name, found.program) if found else None
