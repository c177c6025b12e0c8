"""Makes the operations of a plan, each recorded before it is made; on a failure all is put back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence

from tritondoctor.checks.edits import Link, Mode, Move
from tritondoctor.remedies import package_manager
from tritondoctor.remedies.command import Watch
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
    watch: Watch = Watch(),  # noqa: B008 - it is immutable
) -> None:
    """Makes all of them, or none: raises RemedyError with everything as it was before."""
    try:
        plain = [one for one in operations if not isinstance(one, Transaction)]
        for one in operations:
            if isinstance(one, Transaction):
                package_manager.run(one, journal, hook, watch)
        _make(plain, journal, hook)
        hook("finish")
        journal.update(state="applied")
    except (OSError, RemedyError) as failure:
        conflicts = take_back(journal)
        if conflicts:
            raise RemedyError(f"{failure}; not put back: {', '.join(conflicts)}") from failure
        said = failure if isinstance(failure, RemedyError) else _told(failure)
        raise RemedyError(f"{said}. Nothing was changed.") from failure
    except BaseException:  # Ctrl-C, SIGTERM
        take_back(journal)
        raise


def _told(failure: OSError) -> str:
    where = f" ({failure.filename})" if failure.filename else ""
    return f"{failure.strerror or failure}{where}"


def _make(operations: Sequence[Operation], journal: Journal, hook: Hook) -> None:
    entries: list[JournalEntry] = []
    needed: list[Operation] = []
    for one in operations:
        hook(f"backup {one}")
        folders = _folders(one, entries)
        entry = _entry(one, journal, len(journal.record.entries) + len(entries) + len(folders))
        if entry.before != entry.after or entry.moved_to:
            entries += [*folders, entry]
            needed.append(one)
    hook("record")
    journal.update(entries=(*journal.record.entries, *entries))
    made = {entry.path: entry for entry in entries if entry.after.kind == "folder"}
    for path in made:
        hook(f"folder {path}")
        os.mkdir(path)
        sync_folder(os.path.dirname(path))
    for one in needed:
        hook(f"change {one}")
        _change(one, scratch_of(journal.record.id, paths_of(one)[0]))


def _folders(one: Operation, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Entries for the folders that have to be made first, the outermost first."""
    known = {entry.path for entry in entries}
    missing: list[JournalEntry] = []
    folder = os.path.dirname(paths_of(one)[-1])
    while folder not in known and not os.path.lexists(folder):
        missing.insert(0, entry_of(folder, ABSENT, State("folder")))
        folder = os.path.dirname(folder)
    return missing


def _entry(one: Operation, journal: Journal, number: int) -> JournalEntry:
    assert not isinstance(one, Transaction)
    before = state_of(one.path)
    if isinstance(one, Move):
        return entry_of(one.path, before, ABSENT, moved_to=one.to)
    if isinstance(one, RemoveFolder):
        return entry_of(one.path, before, ABSENT)
    if before.kind in ("folder", "other"):
        raise RemedyError(f"{one.path} is no file")
    after, backup = _after(one, before), None
    if before not in (ABSENT, after) and not isinstance(one, Mode):
        backup = f"{number:05d}"
        copy(one.path, journal.path(backup))
    return entry_of(one.path, before, after, backup)


def _after(one: Operation, before: State) -> State:
    if isinstance(one, Link):
        return State("link", one.target)
    if isinstance(one, PutFile):
        if os.path.islink(one.source):
            return State("link", os.readlink(one.source))
        return State("file", digest_of(one.source), os.stat(one.source).st_mode & 0o7777)
    if isinstance(one, Mode):
        return State(before.kind, before.content, one.mode)
    return ABSENT


def _change(one: Operation, scratch: str) -> None:
    if isinstance(one, Link):
        os.symlink(one.target, scratch)
        os.rename(scratch, one.path)
    elif isinstance(one, PutFile):
        replace(one.source, one.path, scratch)
    elif isinstance(one, Mode):
        os.chmod(one.path, one.mode)
    elif isinstance(one, Move):
        if os.path.lexists(one.to):
            raise RemedyError(f"{one.to} exists already")
        os.rename(one.path, one.to)
    elif isinstance(one, Remove):
        os.unlink(one.path)
    elif isinstance(one, RemoveFolder):
        _remove_folder(one.path)
    if not isinstance(one, Transaction):
        sync_folder(os.path.dirname(one.path))


def _remove_folder(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError as failure:
        if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise  # what others put there meanwhile stays, and the folder with it
