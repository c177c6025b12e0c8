"""Recorded fixes, and what came of an undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tritondoctor.privacy.printable import as_line
from tritondoctor.remedies.journal import Record
from tritondoctor.reports.layout import filled
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _


def record_lines(record: Record, width: int) -> Iterator[str]:
    """A recorded fix, with what it did."""
    yield record_line(record)
    for title in record.remedies:
        yield from map(as_line, filled(f"- {title}", width, indent="      "))


def record_line(record: Record) -> str:
    """A recorded fix; the record is a file, and may hold anything."""
    state = "" if record.state == "applied" else f" ({_('interrupted')})"
    return as_line(f"{record.id}  {record.started}  {record.prefix}{state}")


def record_json(record: Record) -> dict[str, Any]:
    """A recorded fix."""
    return {
        "id": record.id,
        "started": record.started,
        "prefix": record.prefix,
        "state": record.state,
        "remedies": list(record.remedies),
        "paths": [entry.path for entry in record.entries],
    }


def forgotten_lines() -> Iterator[str]:
    """What came of `undo --forget`."""
    yield _("The record was deleted; the environment was not changed.")


def undone_lines(left: Sequence[str], id: str) -> Iterator[str]:
    """What came of the undo of a record; `left` are the paths that were left alone."""
    if not left:
        yield _("Undone: everything is as it was before the fix.")
        return
    yield _("Undone, except for these: changed since the fix, or their copy or record is damaged.")
    for path in left:
        yield as_line(f"    {path}")
    yield _("The copies from before the fix are kept: restore these by hand, or undo again.")
    yield _("When you no longer need them: {command}", command=typed(f"tritondoctor undo --forget {id}"))
