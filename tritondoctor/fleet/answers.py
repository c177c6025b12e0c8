"""The answer of a host: a report, a snapshot, or the record of a report or of its absence."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Optional, TypeVar

import msgspec

from tritondoctor.checks import Finding
from tritondoctor.examination import report, snapshot
from tritondoctor.fleet import record
from tritondoctor.fleet.model import Cure, HostCause
from tritondoctor.fleet.reading import Piece
from tritondoctor.support import structs
from tritondoctor.support.errors import DoctorError

#: how JSON writes a byte that is not UTF-8
_SURROGATE = b"\\ud"
T = TypeVar("T")
Parts = dict[str, msgspec.Raw]


class UnreadableError(DoctorError):
    """It is nothing that can be read; the message says why."""


class HostAnswer(NamedTuple):
    """`causes` are the errors, else the warnings; `facts` are not decoded yet, None without a report."""

    host: str
    role: Optional[str]
    status: record.Status
    message: str
    causes: tuple[HostCause, ...] = ()
    facts: Optional[Parts] = None


class _Schema(msgspec.Struct):
    schema: str = ""


class _Report(msgspec.Struct):
    findings: tuple[HostCause, ...]
    facts: Parts


class _Facts(msgspec.Struct):
    facts: Parts


class _RawRecord(msgspec.Struct, rename={"status": "answer", "message": "said"}):
    host: str
    role: Optional[str]
    status: record.Status
    message: str
    seconds: float
    report: msgspec.Raw


def read_answer(piece: Piece) -> HostAnswer:
    """Read the answer in `piece`.  Raises UnreadableError."""
    if piece.content is None:
        raise UnreadableError(f"longer than any report ({snapshot.MOST_BYTES >> 20} MiB)")
    content = _as_utf8(piece.content)
    schema = _schema(content)
    if schema == record.SCHEMA:
        return _of_record(_decoded(content, _RawRecord))
    return HostAnswer(piece.name, None, "report", "", *_causes_and_facts(content, schema, piece.source))


def _of_record(answer: _RawRecord) -> HostAnswer:
    if answer.status != "report":
        return HostAnswer(answer.host, answer.role, answer.status, answer.message)
    content = bytes(answer.report)
    try:
        causes_and_facts = _causes_and_facts(content, _schema(content), answer.host)
    except UnreadableError as failure:
        return HostAnswer(answer.host, answer.role, "failed", f"its report cannot be read: {failure}")
    return HostAnswer(answer.host, answer.role, answer.status, answer.message, *causes_and_facts)


def _causes_and_facts(content: bytes, schema: str, source: str) -> tuple[tuple[HostCause, ...], Parts]:
    """Return causes and facts of a report or a snapshot."""
    if schema == report.SCHEMA:
        decoded = _decoded(content, _Report)
        return _decisive(decoded.findings), decoded.facts
    if schema == snapshot.SCHEMA:
        try:
            examined = snapshot.report(snapshot.parse(content, source), source)
        except snapshot.SnapshotError as failure:
            raise UnreadableError(str(failure).removeprefix(f"{source}: ")) from None
        found = tuple(map(_cause, report.masked(examined, paths=False).findings))
        return _decisive(found), _decoded(content, _Facts).facts
    kind, _, number = schema.partition("/")
    if f"{kind}/1" in (report.SCHEMA, snapshot.SCHEMA, record.SCHEMA):
        raise UnreadableError(f"{kind}/{number}: of another release; this doctor reads {kind}/1")
    if not schema:
        raise UnreadableError("JSON, but not a report: it names no schema")
    raise UnreadableError(f"{schema!a} is neither a report nor a snapshot")


def _decisive(findings: tuple[HostCause, ...]) -> tuple[HostCause, ...]:
    for severity in ("error", "warning"):
        chosen = tuple(finding for finding in findings if finding.severity == severity)
        if chosen:
            return chosen
    return ()


def _cause(finding: Finding) -> HostCause:
    return HostCause(
        finding.id, finding.severity, str(finding.title), str(finding.explanation),
        tuple(map(str, finding.evidence)),
        tuple(Cure(str(remedy.title), tuple(remedy.commands)) for remedy in finding.remedies),
    )  # fmt: skip


def _schema(content: bytes) -> str:
    if content.lstrip()[:1] == b"[":
        raise UnreadableError("a JSON list; write its elements to separate lines: jq -c '.[]' FILE")
    return _decoded(content, _Schema).schema


def _decoded(content: bytes, type: type[T]) -> T:
    try:
        return structs.decode(content, type=type)
    except structs.Unfit as failure:
        raise UnreadableError(f"damaged, or of another release: {failure}") from None
    except (structs.Malformed, RecursionError):
        raise UnreadableError("not JSON, or cut off" if content.strip() else "empty") from None


def _as_utf8(content: bytes) -> bytes:
    """Return the same text; question marks replace what is not UTF-8."""
    if not content.isascii():
        content = content.decode("utf-8", "replace").encode()
    if _SURROGATE not in content:
        return content
    try:
        data: Any = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
