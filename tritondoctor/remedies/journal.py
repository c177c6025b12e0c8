"""The record of a fix: written and synced before each change, and all that its undo needs.

    $XDG_STATE_HOME/tritondoctor/fixes/DATE-N/record.json, and copies of what was replaced beside it

A folder without a record belongs to a fix that had not changed anything yet, or was wholly undone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Optional

import msgspec

from tritondoctor import __version__
from tritondoctor.remedies import bounds
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.path_state import State, sync_folder
from tritondoctor.remedies.prefix_identity import PrefixIdentity, identity_of, lasting_identity_of
from tritondoctor.remedies.survivors import Origin, Worker, boot_id, origin
from tritondoctor.support import reading, removal, state_folder, structs

RECORD = "record.json"
_ID = re.compile(r"\d{8}-\d{6}(-\d{1,3})?")
_COPY = re.compile(r"\d{5,}|record\.json\.new")


class JournalEntry(msgspec.Struct, frozen=True):
    """One change.  `moved_to` where a path was renamed; `backup` names the copy of what was there.

    `folder` is the real path of the folder that it was made in: a link put there since leads elsewhere.
    `unplanned` where it changed while a package manager ran, and is in no package: it may be a person's.
    """

    path: str
    before: State
    after: State
    backup: Optional[str] = None
    moved_to: Optional[str] = None
    folder: str = ""
    unplanned: bool = False


def entry_of(
    path: str,
    before: State,
    after: State,
    backup: Optional[str] = None,
    moved_to: Optional[str] = None,
) -> JournalEntry:
    """The entry of a change that is made now."""
    return JournalEntry(path, before, after, backup, moved_to, os.path.realpath(os.path.dirname(path)))


class PrefixSnapshot(msgspec.Struct, frozen=True):
    """A prefix as it was before a package manager works on it, in a folder beside its files.

    `planned` are the paths below the prefix that the manager said it would change.
    """

    prefix: str
    folder: str
    planned: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True):
    """A fix as it stands: `applying` and `undoing` are those that were interrupted, if nobody works.

    `origin` is the doctor that makes it, `worker` the package manager that works on the prefix of
    `snapshot`: what is left of both is ended only with a proof (survivors.py).
    `made` are the folders above all records that were made for them, the innermost first.
    `machine`, `device`, `inode` and `born` tell the prefix from another folder of the same path: one that
    was created anew, or that of another machine which shares HOME; "" and 0 in an older doctor's record.
    """

    id: str
    version: str
    prefix: str
    python: str
    started: str
    state: Literal["applying", "applied", "undoing"]
    remedies: tuple[str, ...]
    entries: tuple[JournalEntry, ...] = ()
    snapshot: Optional[PrefixSnapshot] = None
    worker: Optional[Worker] = None
    made: tuple[str, ...] = ()
    origin: Optional[Origin] = None
    machine: str = ""
    inode: int = 0
    device: int = 0
    born: float = 0.0

    @property
    def is_of_this_machine(self) -> bool:
        """Whether it bears this machine's name; a container has a new one at each start."""
        return self.machine in ("", os.uname().nodename)

    @property
    def is_here(self) -> bool:
        """Whether the prefix is the very folder of the fix; one that is missing may come back."""
        now = identity_of(self.prefix)
        if now is None or not self.inode:
            return self.is_of_this_machine
        then = PrefixIdentity(self.device, self.inode, self.born)
        same_boot = self.origin is not None and self.origin.boot == boot_id()
        return now.is_of(then, same_boot=same_boot, same_machine=self.is_of_this_machine)


class Journal:
    """One fix's folder."""

    def __init__(self, folder: str, record: Record) -> None:
        self.folder = folder
        self.record = record

    def update(self, **fields: object) -> None:
        """Replace fields of the record, on the disk before it returns."""
        self.record = msgspec.structs.replace(self.record, **fields)
        scratch = os.path.join(self.folder, RECORD + ".new")
        with open(scratch, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self.record)))
            file.flush()
            os.fsync(file.fileno())
        os.rename(scratch, os.path.join(self.folder, RECORD))
        sync_folder(self.folder)

    def note(self, **fields: object) -> None:
        """The same; on a full disk the record stays as it is, which says the same: not finished."""
        try:
            self.update(**fields)
        except OSError:
            pass

    def path(self, name: str) -> str:
        """The place of a backup."""
        return os.path.join(self.folder, name)

    def remove(self) -> None:
        """Forget the fix: first that it was, then what it kept."""
        with _alone_in(self.folder):
            try:
                os.unlink(os.path.join(self.folder, RECORD))
            except FileNotFoundError:
                pass
            sync_folder(self.folder)
            _drop(self.folder)
        place = os.path.dirname(self.folder)
        for above in (place, os.path.dirname(place), *self.record.made):
            try:
                os.rmdir(above)  # only where it is empty
            except OSError:
                break


@contextmanager
def _alone_in(folder: str) -> Iterator[bool]:
    """Hold the folder of a record that is being made or dropped; False where another doctor does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    except OSError:
        alone = False
    try:
        yield alone
    finally:
        os.close(descriptor)


def _drop(folder: str) -> None:
    """Remove a folder of copies, with what a fix writes there; it stays where anything else is in it."""
    known = removal.identity(folder)
    if known is None or known.uid != os.geteuid():
        return
    try:
        if all(_COPY.fullmatch(name) for name in os.listdir(folder)):
            removal.remove_tree(os.path.realpath(folder), known)
    except OSError:
        pass


def remains(place: str) -> list[str]:
    """Folders of copies without a record: what an undo that was killed in its last step has left."""
    try:
        folders = [os.path.join(place, name) for name in sorted(os.listdir(place)) if _ID.fullmatch(name)]
    except OSError:
        return []
    return [folder for folder in folders if is_remains(folder)]


def is_remains(folder: str) -> bool:
    """Whether a folder is one of copies without a record."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return not os.path.islink(folder) and all(_COPY.fullmatch(name) for name in names)


def drop_remains(place: str) -> None:
    """Remove them, but for those that another doctor is at work on."""
    for folder in remains(place):
        try:
            with _alone_in(folder) as alone:
                if alone and not os.path.lexists(os.path.join(folder, RECORD)):
                    _drop(folder)
        except OSError:
            continue  # its doctor took it away


def begin(variables: Mapping[str, str], prefix: str, python: str, remedies: tuple[str, ...]) -> Journal:
    """A new journal with nothing in it.  Raises RemedyError where it cannot be written."""
    place = state_folder.of_records(variables)
    drop_remains(place)
    made = tuple(_missing_above(os.path.dirname(place)))
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    folder = lasting_identity_of(prefix)
    record = Record(
        "", __version__, prefix, python, started, "applying", remedies, made=made, origin=origin(),
        machine=os.uname().nodename, **folder._asdict(),
    )  # fmt: skip
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        return _first(place, record)
    except OSError as failure:
        raise RemedyError(
            f"Cannot write the record of the fix in {place} ({failure.strerror}). Nothing was changed. "
            "Set XDG_STATE_HOME to a folder that you can write."
        ) from failure


def _first(place: str, record: Record) -> Journal:
    """A journal in a new folder.  Raises OSError where that cannot be written.

    It is the newest also where the clock was put back: an undo takes the newest first.
    """
    newest, last = max(map(age_of, _folders(place)), default=("", 0))
    now = time.strftime("%Y%m%d-%H%M%S")
    stamp, first = (newest, last + 1) if now < newest else (now, 0)
    for number in range(first, 1000):
        folder = os.path.join(place, f"{stamp}-{number}" if number else stamp)
        try:
            os.mkdir(folder, 0o700)
            with _alone_in(folder):
                name = os.path.basename(folder)
                journal = Journal(folder, msgspec.structs.replace(record, id=name))
                journal.update()
                return journal
        except (FileExistsError, FileNotFoundError):
            continue  # another doctor's, or dropped by one before it was held
    raise OSError(errno.EEXIST, "too many records", place)


def _missing_above(path: str) -> Iterator[str]:
    """Folders above a path that are not there, the innermost first."""
    above = os.path.dirname(path)
    while above and not os.path.lexists(above):
        yield above
        above = os.path.dirname(above)


def journals(variables: Mapping[str, str]) -> list[Journal]:
    """All fixes on record of what is here, the oldest first; an unreadable record is passed over."""
    return journals_in(state_folder.of_records(variables))


def journals_in(place: str) -> list[Journal]:
    """The same of a folder of records."""
    return [journal for journal in _all_in(place) if journal.record.is_here]


def journals_elsewhere(variables: Mapping[str, str]) -> list[Journal]:
    """The fixes of other machines on record here, and of folders that are gone; the oldest first."""
    place = state_folder.of_records(variables)
    return [journal for journal in _all_in(place) if not journal.record.is_here]


def _all_in(place: str) -> list[Journal]:
    folders = (os.path.join(place, name) for name in sorted(_folders(place), key=age_of))
    return [journal for journal in map(journal_in, folders) if journal is not None]


def journal_in(folder: str) -> Optional[Journal]:
    """The journal in a folder; None where there is none that is obeyed."""
    record = _recorded(folder)
    return None if record is None else Journal(folder, record)


def _folders(place: str) -> list[str]:
    """The names of the folders of records."""
    try:
        return [name for name in reading.list_folder(place) if _ID.fullmatch(name)]
    except OSError:
        return []


def age_of(name: str) -> tuple[str, int]:
    """What orders the ids of fixes by age: 20261129-075600-10 comes after 20261129-075600-2."""
    return name[:15], int(name[16:] or 0)


def _recorded(folder: str) -> Optional[Record]:
    """The record in a folder; None where it is not this user's own, or says what no fix writes."""
    path, uid = os.path.join(folder, RECORD), os.geteuid()
    known = removal.identity(folder)
    if known is None or not stat.S_ISDIR(known.kind) or known.uid != uid:
        return None
    try:
        content = reading.read_bytes(path, reading.Limit.JOURNAL, follow=False, owner=uid)
        record = structs.decode(content, type=Record)
    except (OSError, ValueError, RecursionError):
        return None
    return record if bounds.is_sound(record, folder) else None
