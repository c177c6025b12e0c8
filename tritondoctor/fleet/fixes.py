"""The answers of hosts to a fix and an undo, checked against the expected shape."""

from __future__ import annotations

from typing import Annotated, Literal, Optional, TypeVar

import msgspec

from tritondoctor.fleet.record import HostRecord
from tritondoctor.support import structs

T = TypeVar("T")
#: ids of remedies/journal.py; they become part of a command, so nothing else a host sends may pass
Id = Annotated[str, msgspec.Meta(pattern=r"\A[0-9-]{1,32}\Z")]


class HostFinding(msgspec.Struct, frozen=True):
    """The part of a finding that is read."""

    id: str
    severity: Literal["error", "warning", "info"]


class HostStep(msgspec.Struct, frozen=True):
    """The part of a plan's step that is read; a step that `touches` nothing sets a variable."""

    title: str
    risk: str
    commands: tuple[str, ...]
    touches: tuple[str, ...]
    finding: Optional[str] = None


class Fix(msgspec.Struct, frozen=True):
    """The value of `fix` in the output of `fix --json`."""

    outcome: str
    complete: bool
    steps: tuple[HostStep, ...]
    left: tuple[HostFinding, ...]
    shell: tuple[str, ...]
    id: Optional[Id] = None
    why: Optional[str] = None


class FixReport(msgspec.Struct, frozen=True):
    """The part of the output of `fix --json` that is read."""

    findings: tuple[HostFinding, ...]
    fix: Fix

    @property
    def errors(self) -> frozenset[str]:
        """The ids of the errors."""
        return frozenset(finding.id for finding in self.findings if finding.severity == "error")


class Undone(msgspec.Struct, frozen=True):
    """The output of `undo --json`."""

    undone: str
    left: tuple[str, ...]


def fix_of(record: HostRecord) -> FixReport:
    """Return a host's report of its fix.  Raises LookupError, with the reason, if there is none."""
    return _read(record, FixReport)


def undo_of(record: HostRecord) -> Undone:
    """Return a host's answer to an undo.  Raises LookupError, with the reason, if there is none."""
    return _read(record, Undone)


def _read(record: HostRecord, kind: type[T]) -> T:
    if record.report is None:
        raise LookupError(f"{record.status}: {record.message}")
    try:
        return structs.convert(record.report, kind)
    except structs.Unfit as failure:
        raise LookupError(f"failed: its answer cannot be read: {failure}") from None
