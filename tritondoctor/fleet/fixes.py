"""What hosts answer to a fix and to an undo, of the shape that is expected or no answer at all."""

from __future__ import annotations

from typing import Annotated, Literal, Optional, TypeVar

import msgspec

from tritondoctor.fleet.record import HostRecord

T = TypeVar("T")
#: as remedies/journal.py names them: it goes into a command, where a host's own words may not stand
Id = Annotated[str, msgspec.Meta(pattern=r"\A[0-9-]{1,32}\Z")]


class HostFinding(msgspec.Struct, frozen=True):
    """What is read of a finding."""

    id: str
    severity: Literal["error", "warning", "info"]


class HostStep(msgspec.Struct, frozen=True):
    """What is read of a step of a plan; one that `touches` nothing is a variable to be set."""

    title: str
    risk: str
    commands: tuple[str, ...]
    touches: tuple[str, ...]
    finding: Optional[str] = None


class Fix(msgspec.Struct, frozen=True):
    """The part `fix` of what `fix --json` prints."""

    outcome: str
    complete: bool
    steps: tuple[HostStep, ...]
    left: tuple[HostFinding, ...]
    shell: tuple[str, ...]
    id: Optional[Id] = None
    why: Optional[str] = None


class FixReport(msgspec.Struct, frozen=True):
    """What is read of the whole."""

    findings: tuple[HostFinding, ...]
    fix: Fix

    @property
    def errors(self) -> frozenset[str]:
        """The ids of the errors."""
        return frozenset(finding.id for finding in self.findings if finding.severity == "error")


class Undone(msgspec.Struct, frozen=True):
    """What `undo --json` prints."""

    undone: str
    left: tuple[str, ...]


def fix_of(record: HostRecord) -> FixReport:
    """A host's report of its fix.  Raises LookupError where there is none; the message says why."""
    return _read(record, FixReport)


def undo_of(record: HostRecord) -> Undone:
    """A host's answer to an undo.  Raises LookupError where there is none; the message says why."""
    return _read(record, Undone)


def _read(record: HostRecord, kind: type[T]) -> T:
    if record.report is None:
        raise LookupError(f"{record.answer}: {record.said}")
    try:
        return msgspec.convert(record.report, kind)
    except msgspec.ValidationError as failure:
        raise LookupError(f"failed: what it answers cannot be read: {failure}") from None
