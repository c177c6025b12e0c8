"""Take a fix back: in reverse order, byte for byte, and nothing that has changed since."""

from __future__ import annotations

import errno
import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Optional

import msgspec

from tritondoctor.remedies import bounds, kept_aside, package_manager
from tritondoctor.remedies.history import without_ours
from tritondoctor.remedies.journal import (
    Journal,
    JournalEntry,
    Record,
    age_of,
    drop_remains,
    journal_in,
    journals,
    journals_elsewhere,
    journals_in,
)
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.path_state import (
    ABSENT,
    State,
    replace,
    scratch_of,
    state_of,
    sync_folder,
)
from tritondoctor.remedies.prefix_lock import locked
from tritondoctor.support import removal, state_folder
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _
from tritondoctor.target import Target

_CACHE = "__pycache__"


def on_record(
    variables: Mapping[str, str], target: Optional[Target], *, everywhere: bool = False
) -> list[Journal]:
    """The fixes that can be undone, the oldest first; those of one target where it is given.

    With `everywhere` those come first that were made on other machines with this HOME.
    """
    drop_remains(state_folder.of_records(variables))
    found = [*(journals_elsewhere(variables) if everywhere else ()), *journals(variables)]
    return _of_target(found, target)


def last_replaced(variables: Mapping[str, str], target: Optional[Target]) -> Optional[Journal]:
    """The last fix, if its folder on this machine is another one by now."""
    found = _of_target([*journals_elsewhere(variables), *journals(variables)], target)
    last = max(found, key=lambda journal: age_of(journal.record.id), default=None)
    if last is None or last.record.is_here or not last.record.is_of_this_machine:
        return None
    return last


def _of_target(found: list[Journal], target: Optional[Target]) -> list[Journal]:
    if target is None:
        return found
    return [
        journal for journal in found
        if target.prefix == journal.record.prefix or target.python == journal.record.python
    ]  # fmt: skip


def undo(
    journal: Journal, say: Callable[[str], None] = lambda message: None, *, elsewhere: bool = False
) -> list[str]:
    """Take a fix back with nobody else at work on the prefix; return the paths that were left alone.

    With `elsewhere` also where the prefix is not the folder of the fix, but one that the user says it is.

    Raises RemedyError where another doctor is at work there, or has undone it meanwhile, and where the
    prefix is missing or another folder.
    """
    with _held(journal) as journal:
        if _is_away(journal.record, elsewhere=elsewhere):
            raise RemedyError(why_away(journal.record))
        left = [path for other in _interrupted(journal) for path in take_back(other, say=say)]
        return [*left, *take_back(journal, say=say, elsewhere=elsewhere)]


def forget(journal: Journal) -> None:
    """Drop the record of a fix and the copies that it kept; the environment stays as it is.

    Raises RemedyError where another doctor is at work there, or has undone it meanwhile, and where the
    fix was interrupted: what it left goes back first, unless its folder is gone.
    """
    with _held(journal) as journal:
        if journal.record.state != "applied" and not _is_away(journal.record):
            id = journal.record.id
            raise RemedyError(
                f"That fix was interrupted. Take it back first: tritondoctor undo --id {id}"
            )
        journal.remove()


def why_away(record: Record) -> str:
    """What has become of the prefix of a fix, and what to do."""
    forget = typed(f"tritondoctor undo --forget {record.id}")
    if not os.path.isdir(record.prefix):
        return _(
            "{prefix} is missing: was it renamed, or is its disk not mounted? Nothing was undone. Try "
            "again once it is back. If it was deleted: {command}",
            prefix=record.prefix, command=forget,
        )  # fmt: skip
    return _(
        "{prefix} is not the folder of the fix {id}: it was created again since. Nothing was undone. To "
        "delete the record: {command}. If it is that folder all the same: {other}",
        prefix=record.prefix, id=record.id, command=forget,
        other=typed(f"tritondoctor undo --id {record.id}"),
    )  # fmt: skip


def _is_away(record: Record, *, elsewhere: bool = False) -> bool:
    """Whether what was changed in the prefix cannot be undone there now."""
    inside = any(entry.path.startswith(f"{record.prefix}/") for entry in record.entries)
    if not inside and record.snapshot is None:
        return False
    return not os.path.isdir(record.prefix) or not (elsewhere or record.is_here)


@contextmanager
def _held(journal: Journal) -> Iterator[Journal]:
    """The journal as it is now, with nobody else at work on its prefix: a question may have waited."""
    prefix = journal.record.prefix
    with locked(prefix) if os.path.isdir(prefix) else nullcontext():
        now = journal_in(journal.folder)
        if now is None:
            raise RemedyError("That fix has been undone or forgotten meanwhile. Nothing was changed.")
        yield now


def _interrupted(journal: Journal) -> list[Journal]:
    """Other fixes of the same environment in which something may still be at work, the last first."""
    others = [
        other for other in journals_in(os.path.dirname(journal.folder)) if other.folder != journal.folder
    ]
    return [
        other for other in reversed(others)
        if other.record.prefix == journal.record.prefix and other.record.state != "applied"
    ]  # fmt: skip


def take_back(
    journal: Journal,
    hook: Callable[[str], None] = lambda step: None,
    say: Callable[[str], None] = lambda message: None,
    *,
    elsewhere: bool = False,
) -> list[str]:
    """Undo what was made, also where that was interrupted; return the paths that were left alone, since
    somebody changed them after the fix: all, where the prefix is no longer its folder (`elsewhere`:
    though it is not).  The record goes once nothing is left to undo.

    `say` gets a line for each process that may belong to the fix and was left running.
    """
    if _is_away(journal.record, elsewhere=elsewhere):
        return [entry.path for entry in journal.record.entries] or [journal.record.prefix]
    journal.note(state="undoing")
    for note in package_manager.recover(journal):
        say(note)
    left: list[JournalEntry] = []
    kept: list[str] = []
    for entry in reversed(journal.record.entries):
        hook(f"undo {entry.path}")
        try:
            if _may_be_somebodys(entry):
                undone = _kept(entry, journal) and _undone(entry, journal)
                kept += [entry.path] if undone else []
            else:
                undone = _undone(entry, journal)
        except (OSError, ValueError):
            undone = False
        if not undone:
            left.insert(0, entry)
    for note in kept_aside.notes(kept, journal):
        say(note)
    if left:
        journal.note(state="applied", entries=tuple(left))
    else:
        hook("forget")
        journal.remove()
    return [entry.path for entry in left]


def _may_be_somebodys(entry: JournalEntry) -> bool:
    """Whether the fix's package manager may not have made it, and it is as it was then."""
    return entry.unplanned and entry.after != ABSENT and state_of(entry.path) == entry.after


def _kept(entry: JournalEntry, journal: Journal) -> bool:
    """Whether it was moved out of the very folder that was looked at, and is at hand."""
    folder = bounds.folder_of(entry, journal.record)
    name = os.path.relpath(entry.path, journal.record.prefix)
    if folder is None or name.startswith(".."):
        return False
    with removal.anchored(os.path.join(folder, os.path.basename(entry.path))) as path:
        return kept_aside.keep(path, name, journal)


def _undone(entry: JournalEntry, journal: Journal) -> bool:
    """Undo an entry in the very folder that was looked at, whatever is put above it meanwhile."""
    folder = bounds.folder_of(entry, journal.record)
    if folder is None:
        return False
    if entry.before != ABSENT:
        os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(folder):
        return True  # gone with its folder
    with removal.anchored(os.path.join(folder, os.path.basename(entry.path))) as path:
        there = msgspec.structs.replace(entry, path=path, folder=folder)
        if entry.moved_to is None:
            return _restored(there, journal)
        moved = os.path.join(os.path.dirname(path), os.path.basename(entry.moved_to))
        return _moved_back(msgspec.structs.replace(there, moved_to=moved))


def _restored(entry: JournalEntry, journal: Journal) -> bool:
    path, scratch = entry.path, scratch_of(journal.record.id, entry.path)
    if os.path.lexists(scratch):
        os.unlink(scratch)  # what a crash left of the change
    now = state_of(path)
    if entry.after.kind == "folder" and entry.before == ABSENT:
        return _without_folder(path)
    if now == entry.before:
        return True
    if now not in (entry.after, ABSENT) and not path.endswith(".pyc"):  # Python writes these itself
        return _out_of_history(entry, journal, scratch)
    if entry.before.kind == "folder":
        os.makedirs(path, exist_ok=True)
        os.chmod(path, entry.before.mode)
    elif entry.backup is not None:
        copy = journal.path(entry.backup)
        if not _is_copy(copy, entry.before):
            return False
        _put_back(copy, path, scratch)
        return _is_copy(path, entry.before)
    elif entry.before == ABSENT:
        os.unlink(path)
        _forget_bytecode(path)
        sync_folder(os.path.dirname(path))
    else:
        os.chmod(path, entry.before.mode)
    return True


def _out_of_history(entry: JournalEntry, journal: Journal, scratch: str) -> bool:
    """Take the fix's own part out of conda's history, to which others have added; False elsewhere."""
    if not f"{entry.folder}/{os.path.basename(entry.path)}".endswith("/conda-meta/history"):
        return False
    before = b""
    if entry.backup is not None:
        with open(journal.path(entry.backup), "rb") as file:
            before = file.read()
    with open(entry.path, "rb") as file:
        kept = without_ours(before, entry.after.content, file.read())
    if kept is None:
        return False
    with open(scratch, "wb") as file:
        file.write(kept)
    shutil.copymode(entry.path, scratch)
    os.rename(scratch, entry.path)
    sync_folder(os.path.dirname(entry.path))
    return True


def _is_copy(path: str, state: State) -> bool:
    """Whether what lies there has the content that was recorded."""
    now = state_of(path)
    return (now.kind, now.content) == (state.kind, state.content)


def _put_back(backup: str, path: str, scratch: str) -> None:
    try:
        replace(backup, path, scratch)
    except OSError as failure:
        if failure.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        for taken in (scratch, path):  # its own space has to do
            if os.path.lexists(taken):
                os.unlink(taken)
        replace(backup, path, scratch)


def _moved_back(entry: JournalEntry) -> bool:
    assert entry.moved_to
    if not os.path.lexists(entry.moved_to):
        return state_of(entry.path) == entry.before  # it had not been moved yet
    if os.path.lexists(entry.path) or state_of(entry.moved_to) != entry.before:
        return False
    os.rename(entry.moved_to, entry.path)
    sync_folder(os.path.dirname(entry.path))
    return True


def _without_folder(path: str) -> bool:
    """Remove a folder of ours.  What others put there stays, and the folder with it."""
    try:
        os.rmdir(path)
        sync_folder(os.path.dirname(path))
    except FileNotFoundError:
        pass
    except OSError:
        return True
    return True


def _forget_bytecode(path: str) -> None:
    """Remove what Python compiled from a module that is gone."""
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    if suffix != ".py":
        return
    cache = os.path.join(folder, _CACHE)
    for compiled in glob.glob(f"{glob.escape(os.path.join(cache, stem))}.*.pyc"):
        os.unlink(compiled)
    try:
        os.rmdir(cache)
    except OSError:
        pass
