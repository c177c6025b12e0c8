"""Whether a plan stays where its undo reaches: asked before anything is changed, of every path."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from tritondoctor.checks.edits import Link, Move
from tritondoctor.remedies import bounds
from tritondoctor.remedies.journal import JournalEntry, Record
from tritondoctor.remedies.operations import Operation, PutFile, Transaction
from tritondoctor.remedies.path_state import ABSENT, State


def examine(operations: Iterable[Operation], prefix: str) -> None:
    """Raises RemedyError at the first path that no undo of a fix of the prefix would touch."""
    entries = tuple(entry for operation in operations for entry in _entries(operation))
    bounds.examine(Record("", "", prefix, "", "", "applying", (), entries))


def _entries(operation: Operation) -> Iterator[JournalEntry]:
    """What the fix would record, but for the contents."""
    if isinstance(operation, Transaction):
        for path in (*operation.staged, *operation.made, *operation.gone):
            yield JournalEntry(path, _kind_at(path), State("file"))
        return
    before = _kind_at(operation.path)
    if isinstance(operation, Move):
        yield JournalEntry(operation.path, before, ABSENT, moved_to=operation.to)
    elif isinstance(operation, Link):
        yield JournalEntry(operation.path, before, State("link"))
    else:
        yield JournalEntry(
            operation.path, before, State("file") if isinstance(operation, PutFile) else before
        )


def _kind_at(path: str) -> State:
    if os.path.islink(path):
        return State("link")
    return State("file") if os.path.lexists(path) else ABSENT
