"""A package manager's own work on a prefix, with a snapshot of all that it could change."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Optional

import msgspec

from tritondoctor.remedies import kept_aside, prefix_snapshot, survivors
from tritondoctor.remedies.authorship import authorship
from tritondoctor.remedies.command import ProgramWatch, result_of
from tritondoctor.remedies.journal import Journal, JournalEntry, PrefixSnapshot, entry_of
from tritondoctor.remedies.operations import RemedyError, Transaction
from tritondoctor.remedies.packages import ChannelPackage, changes_between, installed_in
from tritondoctor.remedies.path_state import ABSENT, copy, state_of
from tritondoctor.remedies.transaction import success_of
from tritondoctor.support.messages import _
from tritondoctor.support.variables import for_children

#: a manager is noted to be at work every second, and dies with the doctor
_GRACE_S = 3.0


def run(
    transaction: Transaction, journal: Journal, hook: Callable[[str], None], watch: ProgramWatch
) -> None:
    """Run the transaction and record each path that it changed.

    Raises RemedyError where it fails, hangs, or does anything else than was planned.
    """
    prefix = transaction.prefix
    folder = os.path.join(prefix, f".tritondoctor-{journal.record.id}.snapshot")
    planned = (*transaction.staged, *transaction.made, *transaction.gone)
    names = tuple(os.path.relpath(path, prefix) for path in planned)
    snapshot = PrefixSnapshot(prefix, folder, names)
    journal.update(snapshot=snapshot)
    hook("snapshot")
    prefix_snapshot.take(prefix, folder)
    before = installed_in(prefix)
    hook(f"run {transaction.command[0]}")
    _work(transaction, journal, watch, folder)
    hook("compare")
    if transaction.packages:
        _examine(transaction, before, installed_in(prefix))
    entries = _compared(snapshot, journal)
    journal.update(entries=(*journal.record.entries, *entries))
    hook("drop snapshot")
    prefix_snapshot.drop(folder)
    journal.update(snapshot=None, worker=None)


def _work(transaction: Transaction, journal: Journal, watch: ProgramWatch, folder: str) -> None:
    name = os.path.basename(transaction.command[0])
    watched = watch._replace(
        mark=journal.record.id,
        started=lambda pid: journal.update(worker=survivors.worker_of(pid)),
        runs=lambda: prefix_snapshot.note_alive(folder),
    )
    answer = result_of(transaction.command, for_children(os.environ), name, watch=watched)
    success_of(answer, name)


def _examine(
    transaction: Transaction, before: dict[str, ChannelPackage], after: dict[str, ChannelPackage]
) -> None:
    """Raise RemedyError where the result is not exactly the plan."""
    changed = changes_between(
        (package for name, package in before.items() if after.get(name) != package),
        (package for name, package in after.items() if before.get(name) != package),
    )
    planned = {
        (change.name, change.after) for change in transaction.packages if change.kind != "reinstalled"
    }
    done = {(change.name, change.after) for change in changed if change.kind != "reinstalled"}
    other = sorted(name for name, _ in planned ^ done)
    other += [name for name, digest in transaction.digests.items() if _differs(digest, after.get(name))]
    if other:
        names = ", ".join(dict.fromkeys(other))
        raise RemedyError(f"it did not install what was planned: {names}")


def _differs(digest: str, package: Optional[ChannelPackage]) -> bool:
    """Whether both hashes are known, of one kind, and not the same."""
    return bool(package and len(digest) == len(package.digest) and digest != package.digest)


def recover(journal: Journal) -> list[str]:
    """Put a prefix back whose package manager was interrupted or failed, once nothing of it runs; return
    what the user has to know: processes that were left alone, and paths.

    Raises RemedyError where something does that cannot be ended.
    """
    snapshot = journal.record.snapshot
    if snapshot is None:
        return []
    record = journal.record
    survivors_ended = survivors.end(record.id, record.origin, record.worker)
    notes: list[str] = []
    if prefix_snapshot.is_whole(snapshot.folder):
        until = None
        if not survivors_ended.any:
            until = prefix_snapshot.last_alive(snapshot.folder) + _GRACE_S
        notes = _put_back(journal, snapshot, until)
    prefix_snapshot.drop(snapshot.folder)
    journal.note(snapshot=None, worker=None)
    return [*survivors_ended.notes, *notes]


def _put_back(journal: Journal, snapshot: PrefixSnapshot, until: Optional[float]) -> list[str]:
    """Put back what the manager changed until then; return what the user has to know of other files."""
    prefix = snapshot.prefix
    changed = list(prefix_snapshot.differences(prefix, snapshot.folder))
    authors = authorship(prefix, snapshot.planned, changed, until)
    left: list[str] = []
    kept: list[str] = []
    for name, copy_of in changed:
        path, author = os.path.join(prefix, name), authors.author_of(prefix, name)
        if author == "unknown" and kept_aside.keep(path, name, journal):
            kept.append(path)
            author = "manager"
        if author != "manager" or not (prefix_snapshot.put_back(path, copy_of) or copy_of is None):
            left.append(path)
    return [*kept_aside.notes(kept, journal), *_format_left(left)]


def _format_left(paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    return [_("Left alone, as it has changed since the fix: {paths}", paths=kept_aside.listed(paths))]


def _compared(snapshot: PrefixSnapshot, journal: Journal) -> list[JournalEntry]:
    """An entry for each path that has changed."""
    prefix = snapshot.prefix
    entries: list[JournalEntry] = []
    changed = sorted(prefix_snapshot.differences(prefix, snapshot.folder))
    authors = authorship(prefix, snapshot.planned, changed)
    for name, kept in changed:
        path, backup = os.path.join(prefix, name), None
        before = ABSENT if kept is None else state_of(kept)
        if before.kind in ("file", "link"):
            assert kept is not None
            backup = f"{len(journal.record.entries) + len(entries):05d}"
            copy(kept, journal.path(backup))
        entry = entry_of(path, before, state_of(path), backup)
        if authors.author_of(prefix, name) == "unknown":
            entry = msgspec.structs.replace(entry, unplanned=True)
        entries.append(entry)
    return entries
