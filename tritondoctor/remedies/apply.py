"""Make the operations of a plan, each recorded before it is made; on a failure all is put back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence

import msgspec

from tritondoctor.checks.edits import Link, Mode, Move
from tritondoctor.remedies import bounds, package_manager
from tritondoctor.remedies.command import ProgramWatch
from tritondoctor.remedies.journal import Journal, JournalEntry, entry_of
from tritondoctor.remedies.operations import (
    Operation,
    PutFile,
    RemedyError,
    Remove,
    RemoveFolder,
    Transaction,
    paths_of,
)
from tritondoctor.remedies.path_state import (
    ABSENT,
    State,
    copy,
    digest_of,
    replace,
    scratch_of,
    set_mode,
    state_of,
    sync_folder,
)
from tritondoctor.remedies.undo import take_back

#: called before each step that a crash could fall on
Hook = Callable[[str], None]


def apply(
    operations: Sequence[Operation],
    journal: Journal,
    hook: Hook = lambda step: None,
    watch: ProgramWatch = ProgramWatch(),  # noqa: B008 - it is immutable
) -> None:
    """Make all of them, or none: raises RemedyError with everything as it was before."""
    try:
        plain = [operation for operation in operations if not isinstance(operation, Transaction)]
        for operation in operations:
            if isinstance(operation, Transaction):
                package_manager.run(operation, journal, hook, watch)
        _make(plain, journal, hook)
        hook("finish")
        journal.update(state="applied")
    except (OSError, RemedyError) as failure:
        conflicts = take_back(journal, say=watch.say)
        if conflicts:
            raise RemedyError(f"{failure}; could not restore: {', '.join(conflicts)}") from failure
        why = failure if isinstance(failure, RemedyError) else _format_failure(failure)
        raise RemedyError(f"{why}. Nothing was changed.") from failure
    except BaseException:  # Ctrl-C, SIGTERM
        take_back(journal, say=watch.say)
        raise


def _format_failure(failure: OSError) -> str:
    where = f" ({failure.filename})" if failure.filename else ""
    return f"{failure.strerror or failure}{where}"


def _make(operations: Sequence[Operation], journal: Journal, hook: Hook) -> None:
    entries: list[JournalEntry] = []
    needed: list[Operation] = []
    for operation in operations:
        hook(f"backup {operation}")
        folders = _folders(operation, entries)
        entry = _entry(operation, journal, len(journal.record.entries) + len(entries) + len(folders))
        if entry.before != entry.after or entry.moved_to:
            entries += [*folders, entry]
            needed.append(operation)
    every = (*journal.record.entries, *entries)
    bounds.examine(msgspec.structs.replace(journal.record, entries=every))
    hook("record")
    journal.update(entries=every)
    made = {entry.path: entry for entry in entries if entry.after.kind == "folder"}
    for path in made:
        hook(f"folder {path}")
        os.mkdir(path)
        sync_folder(os.path.dirname(path))
    for operation in needed:
        hook(f"change {operation}")
        _change(operation, scratch_of(journal.record.id, paths_of(operation)[0]))


def _folders(operation: Operation, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Entries for the folders that have to be made first, the outermost first."""
    known = {entry.path for entry in entries}
    missing: list[JournalEntry] = []
    folder = os.path.dirname(paths_of(operation)[-1])
    while folder not in known and not os.path.lexists(folder):
        missing.insert(0, entry_of(folder, ABSENT, State("folder")))
        folder = os.path.dirname(folder)
    return missing


def _entry(operation: Operation, journal: Journal, number: int) -> JournalEntry:
    assert not isinstance(operation, Transaction)
    before = state_of(operation.path)
    if isinstance(operation, Move):
        return entry_of(operation.path, before, ABSENT, moved_to=operation.to)
    if isinstance(operation, RemoveFolder):
        return entry_of(operation.path, before, ABSENT)
    if before.kind in ("folder", "other") or (isinstance(operation, Mode) and before.kind != "file"):
        raise RemedyError(f"{operation.path} is not a file")
    after, backup = _after(operation, before), None
    if before not in (ABSENT, after) and not isinstance(operation, Mode):
        backup = f"{number:05d}"
        copy(operation.path, journal.path(backup))
    return entry_of(operation.path, before, after, backup)


def is_made(operation: Operation) -> bool:
    """Whether it would change nothing, as all is so already."""
    if isinstance(operation, Transaction):
        return False
    before = state_of(operation.path)
    return before == _after(operation, before)


def _after(operation: Operation, before: State) -> State:
    if isinstance(operation, Link):
        return State("link", operation.target)
    if isinstance(operation, PutFile):
        if os.path.islink(operation.source):
            return State("link", os.readlink(operation.source))
        return State("file", digest_of(operation.source), os.stat(operation.source).st_mode & 0o7777)
    if isinstance(operation, Mode):
        return State(before.kind, before.content, operation.mode)
    return ABSENT


def _change(operation: Operation, scratch: str) -> None:
    if isinstance(operation, Link):
        os.symlink(operation.target, scratch)
        os.rename(scratch, operation.path)
    elif isinstance(operation, PutFile):
        replace(operation.source, operation.path, scratch)
    elif isinstance(operation, Mode):
        set_mode(operation.path, operation.mode, scratch)
    elif isinstance(operation, Move):
        if os.path.lexists(operation.to):
            raise RemedyError(f"{operation.to} exists already")
        os.rename(operation.path, operation.to)
    elif isinstance(operation, Remove):
        os.unlink(operation.path)
    elif isinstance(operation, RemoveFolder):
        _remove_folder(operation.path)
    if not isinstance(operation, Transaction):
        sync_folder(os.path.dirname(operation.path))


def _remove_folder(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError as failure:
        if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise  # what others put there meanwhile stays, and the folder with it
