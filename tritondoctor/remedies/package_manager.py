"""A package manager's own work on a prefix, with a snapshot of all that it could change.

Large files, and those that share their content with the manager's cache, are kept as hard links:
managers replace such files and never write into them, since that would damage their cache.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from typing import Optional

from tritondoctor.remedies import survivors
from tritondoctor.remedies.command import ProgramWatch, result_of
from tritondoctor.remedies.journal import Journal, JournalEntry, PrefixSnapshot, entry_of
from tritondoctor.remedies.operations import RemedyError, Transaction
from tritondoctor.remedies.packages import ChannelPackage, changes_between, installed_in
from tritondoctor.remedies.path_state import ABSENT, copy, replace, state_of, sync_folder
from tritondoctor.remedies.transaction import success_of
from tritondoctor.support.variables import for_children

_COPIED_UP_TO = 1 << 20


def run(
    transaction: Transaction, journal: Journal, hook: Callable[[str], None], watch: ProgramWatch
) -> None:
    """Run the transaction and record each path that it changed.

    Raises RemedyError where it fails, hangs, or does anything else than was planned.
    """
    folder = os.path.join(transaction.prefix, f".tritondoctor-{journal.record.id}.snapshot")
    journal.update(snapshot=PrefixSnapshot(transaction.prefix, folder))
    hook("snapshot")
    _take(transaction.prefix, folder)
    before = installed_in(transaction.prefix)
    hook(f"run {transaction.command[0]}")
    _work(transaction, journal, watch)
    hook("compare")
    if transaction.packages:
        _examine(transaction, before, installed_in(transaction.prefix))
    entries = _compared(transaction.prefix, folder, journal)
    journal.update(entries=(*journal.record.entries, *entries))
    hook("drop snapshot")
    _drop(folder)
    journal.update(snapshot=None, worker=None)


def _work(transaction: Transaction, journal: Journal, watch: ProgramWatch) -> None:
    name = os.path.basename(transaction.command[0])
    watched = watch._replace(
        mark=journal.record.id, started=lambda pid: journal.update(worker=survivors.worker_of(pid))
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
    what the user has to know of processes that were left alone.

    Raises RemedyError where something does that cannot be ended.
    """
    snapshot = journal.record.snapshot
    if snapshot is None:
        return []
    record = journal.record
    notes = survivors.end(record.id, record.origin, record.worker)
    if os.path.exists(os.path.join(snapshot.folder, _WHOLE)):
        for path, kept in _differences(snapshot.prefix, snapshot.folder):
            if kept is None:
                _remove(path)
            elif os.path.isdir(kept) and not os.path.islink(kept):
                os.makedirs(path, exist_ok=True)
            else:
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                replace(kept, path, path + ".tritondoctor")
    _drop(snapshot.folder)
    journal.note(snapshot=None, worker=None)
    return notes


_WHOLE = ".whole"  # stands in a snapshot that was taken to its end


def _drop(folder: str) -> None:
    """First the mark, so that what is left of it after a crash passes for no snapshot."""
    try:
        os.unlink(os.path.join(folder, _WHOLE))
    except FileNotFoundError:
        pass
    shutil.rmtree(folder, ignore_errors=True)


def _paths(prefix: str) -> Iterator[str]:
    """Everything below a prefix, folders before what is in them; other environments stay out."""
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(os.path.join(prefix, folder)) as listing:
            for item in listing:
                path = os.path.join(folder, item.name)
                if item.name.startswith(".tritondoctor-") or path in ("envs", "pkgs"):
                    continue
                yield path
                if item.is_dir(follow_symlinks=False):
                    folders.append(path)


def _take(prefix: str, folder: str) -> None:
    os.mkdir(folder, 0o700)
    for path in _paths(prefix):
        source, kept = os.path.join(prefix, path), os.path.join(folder, path)
        info = os.lstat(source)
        if stat.S_ISDIR(info.st_mode):
            os.mkdir(kept, stat.S_IMODE(info.st_mode) | 0o700)
        elif stat.S_ISLNK(info.st_mode):
            os.symlink(os.readlink(source), kept)
        elif stat.S_ISREG(info.st_mode):
            if info.st_nlink == 1 and info.st_size <= _COPIED_UP_TO:
                shutil.copy2(source, kept)
            else:
                os.link(source, kept)
    with open(os.path.join(folder, _WHOLE), "wb"):
        pass
    os.sync()


def _differences(prefix: str, folder: str) -> Iterator[tuple[str, str | None]]:
    """(the path, its copy in the snapshot or None where it is new), for all that has changed."""
    before, after = set(_paths(folder)) - {_WHOLE}, set(_paths(prefix))
    for path in sorted(after - before, reverse=True):
        yield os.path.join(prefix, path), None
    for path in sorted(before):
        here, kept = os.path.join(prefix, path), os.path.join(folder, path)
        if path not in after or not _same(here, kept):
            yield here, kept


def _same(first: str, second: str) -> bool:
    first_info, second_info = os.lstat(first), os.lstat(second)
    if stat.S_ISDIR(first_info.st_mode) and stat.S_ISDIR(second_info.st_mode):
        return True
    if (first_info.st_dev, first_info.st_ino) == (second_info.st_dev, second_info.st_ino):
        return True
    return state_of(first) == state_of(second)


def _compared(prefix: str, folder: str, journal: Journal) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    for path, kept in sorted(_differences(prefix, folder)):
        backup = None
        before = ABSENT if kept is None else state_of(kept)
        if before.kind in ("file", "link"):
            assert kept is not None
            backup = f"{len(journal.record.entries) + len(entries):05d}"
            copy(kept, journal.path(backup))
        entries.append(entry_of(path, before, state_of(path), backup))
    return entries


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if os.path.isdir(os.path.dirname(path)):
        sync_folder(os.path.dirname(path))
