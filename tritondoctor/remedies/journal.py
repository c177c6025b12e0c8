"""The record of a fix: written and synced before each change, and all that its undo needs.

    $XDG_STATE_HOME/tritondoctor/fixes/DATE-N/record.json, and copies of what was replaced beside it

A folder without a record belongs to a fix that had not changed anything yet, or was wholly undone.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from typing import Literal, Optional

import msgspec

from tritondoctor import __version__
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.state import State, sync_folder
from tritondoctor.remedies.survivors import Worker
from tritondoctor.support.reading import Limit, list_folder, read_bytes

RECORD = "record.json"


class Entry(msgspec.Struct, frozen=True):
    """One change.  `moved_to` where a path was renamed; `backup` names the copy of what was there."""

    path: str
    before: State
    after: State
    backup: Optional[str] = None
    moved_to: Optional[str] = None


class Snapshot(msgspec.Struct, frozen=True):
    """A prefix as it was before a package manager works on it, in a folder beside its files."""

    prefix: str
    folder: str


class Record(msgspec.Struct, frozen=True):
    """A fix as it stands: `applying` and `undoing` are those that were interrupted, if nobody works.

    `worker` is the package manager that works on the prefix of `snapshot`.
    `made` are the folders above all records that were made for them, the innermost first.
    """

    id: str
    version: str
    prefix: str
    python: str
    started: str
    state: Literal["applying", "applied", "undoing"]
    remedies: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    snapshot: Optional[Snapshot] = None
    worker: Optional[Worker] = None
    made: tuple[str, ...] = ()


class Journal:
    """One fix's folder."""

    def __init__(self, folder: str, record: Record) -> None:
        self.folder = folder
        self.record = record

    def update(self, **fields: object) -> None:
        """Replaces fields of the record, on the disk before it returns."""
        self.record = msgspec.structs.replace(self.record, **fields)
        scratch = os.path.join(self.folder, RECORD + ".new")
        with open(scratch, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self.record)))
            file.flush()
            os.fsync(file.fileno())
        os.rename(scratch, os.path.join(self.folder, RECORD))
        sync_folder(self.folder)

    def path(self, name: str) -> str:
        """The place of a backup."""
        return os.path.join(self.folder, name)

    def remove(self) -> None:
        """Forgets the fix: first that it was, then what it kept."""
        try:
            os.unlink(os.path.join(self.folder, RECORD))
        except FileNotFoundError:
            pass
        sync_folder(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        place = os.path.dirname(self.folder)
        for above in (place, os.path.dirname(place), *self.record.made):
            try:
                os.rmdir(above)  # only where it is empty
            except OSError:
                break


def place_of(variables: Mapping[str, str]) -> str:
    """Where the records lie (the XDG base directory specification)."""
    home = variables.get("HOME") or os.path.expanduser("~")
    state = variables.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    return os.path.join(state, "tritondoctor", "fixes")


def begin(variables: Mapping[str, str], prefix: str, python: str, remedies: tuple[str, ...]) -> Journal:
    """A new journal with nothing in it.  Raises RemedyError where it cannot be written."""
    place = place_of(variables)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    made = tuple(_missing_above(os.path.dirname(place)))
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        for number in range(1000):
            folder = os.path.join(place, f"{stamp}-{number}" if number else stamp)
            try:
                os.mkdir(folder, 0o700)
                break
            except FileExistsError:
                continue
        record = Record(
            os.path.basename(folder), __version__, prefix, python,
            time.strftime("%Y-%m-%d %H:%M:%S"), "applying", remedies, made=made,
        )  # fmt: skip
        journal = Journal(folder, record)
        journal.update()
    except OSError as failure:
        raise RemedyError(
            f"No record can be kept in {place} ({failure.strerror}), and nothing is changed without "
            "one. Set XDG_STATE_HOME to a folder that you can write."
        ) from failure
    return journal


def _missing_above(path: str) -> Iterator[str]:
    """Folders above a path that are not there, the innermost first."""
    above = os.path.dirname(path)
    while above and not os.path.lexists(above):
        yield above
        above = os.path.dirname(above)


def journals(variables: Mapping[str, str]) -> list[Journal]:
    """All fixes on record, the oldest first; an unreadable record is passed over."""
    return journals_in(place_of(variables))


def journals_in(place: str) -> list[Journal]:
    """The same of a folder of records."""
    try:
        names = list_folder(place)
    except OSError:
        return []
    found = []
    for name in names:
        folder = os.path.join(place, name)
        try:
            content = read_bytes(os.path.join(folder, RECORD), Limit.JOURNAL)
            record = msgspec.json.decode(content, type=Record)
        except (OSError, ValueError, RecursionError):
            continue
        found.append(Journal(folder, record))
    return found
