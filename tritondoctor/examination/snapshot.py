"""A machine's facts in a file: read elsewhere, they give the findings that they gave there."""

from __future__ import annotations

import json
from collections import Counter
from typing import Literal, Optional

import msgspec

from tritondoctor import __version__
from tritondoctor.examination import masks
from tritondoctor.examination.report import Report, now, report_of
from tritondoctor.facts.model import Facts
from tritondoctor.support import structs
from tritondoctor.support.errors import DoctorError, UsageError
from tritondoctor.support.reading import open_named
from tritondoctor.target import Target

SCHEMA: Literal["tritondoctor.snapshot/1"] = "tritondoctor.snapshot/1"
#: real ones have 100 KB
MOST_BYTES = 8 * 1024 * 1024


class SnapshotError(UsageError):
    """The file is no snapshot that can be examined; the message says why."""


class Snapshot(msgspec.Struct, frozen=True):
    """What `tritondoctor snapshot` writes.  `removed` counts by rule what it does not tell; `taken` is
    when (UTC), "" in a snapshot of an older release.
    """

    schema: Literal["tritondoctor.snapshot/1"]
    version: str
    prefix: Optional[str]
    chosen_by: str
    facts: Facts
    removed: dict[str, int]
    taken: str = ""


def take(target: Target, facts: Facts, *, paths: bool) -> Snapshot:
    """The snapshot of facts; `paths`: the home folder and the user's name stay in it."""
    removed: Counter[str] = Counter()
    whole = Snapshot(SCHEMA, __version__, target.prefix, target.chosen_by, facts, {}, now())
    kept = masks.mask_for_keeping(whole, facts, paths=paths, removed=removed)
    host = msgspec.structs.replace(kept.facts.host, user=masks.stand_in(facts, paths=paths))
    return msgspec.structs.replace(
        kept, facts=msgspec.structs.replace(kept.facts, host=host), removed=dict(removed)
    )


def as_text(snapshot: Snapshot) -> str:
    """The file's content: ASCII, since a path may hold bytes that are no text."""
    return json.dumps(msgspec.to_builtins(snapshot), indent=1) + "\n"


def read(path: str) -> Snapshot:
    """The snapshot in a file; raises `SnapshotError`."""
    try:
        with open_named(path) as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as failure:
        raise SnapshotError(f"{path}: {failure.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise SnapshotError(f"{path}: larger than any snapshot is ({MOST_BYTES >> 20} MiB).")
    return parse(content, path)


def parse(content: bytes, name: str) -> Snapshot:
    """The snapshot that `content` holds; raises `SnapshotError`, whatever the bytes are."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise SnapshotError(f"{name}: no snapshot: it is not JSON, or was cut off.") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        if schema == "tritondoctor.report/1":
            raise SnapshotError(f"{name} is a report. Take a snapshot: tritondoctor snapshot FILE.")
        if isinstance(schema, str) and schema.startswith("tritondoctor.snapshot/"):
            raise SnapshotError(f"{name}: a snapshot of another format; this doctor reads {SCHEMA}.")
        raise SnapshotError(f"{name}: no snapshot: it does not say that it is {SCHEMA}.")
    try:
        return structs.convert(data, Snapshot)
    except (ValueError, RecursionError) as failure:
        why = str(failure).encode("unicode_escape").decode()
        by = str(data.get("version"))[:20]
        raise SnapshotError(
            f"{name}: a damaged snapshot, or of another release (of tritondoctor {by!a}, this is "
            f"{__version__}): {why}."
        ) from None


def expecting(snapshot: Snapshot, gpu: str) -> Snapshot:
    """The same facts where something else is expected of the GPU (`required`, `off`)."""
    wanted = msgspec.structs.replace(snapshot.facts.gpu, wanted=gpu)
    return msgspec.structs.replace(snapshot, facts=msgspec.structs.replace(snapshot.facts, gpu=wanted))


def report(snapshot: Snapshot, name: str) -> Report:
    """What the facts of the snapshot mean; raises `SnapshotError` where they contradict each other."""
    facts = snapshot.facts
    target = Target(
        facts.interpreter.path, snapshot.prefix, snapshot.chosen_by, facts.variables, facts.cwd
    )
    try:
        examined = report_of(target, facts)
    except DoctorError:
        raise
    except Exception as failure:  # checks may trust what a probe made, but not what anybody may write
        raise SnapshotError(
            f"{name}: a damaged snapshot: its facts do not go together ({type(failure).__name__})."
        ) from None
    removed = Counter(examined.removed)
    removed.update({rule: count for rule, count in snapshot.removed.items() if rule not in masks.PATHS})
    return msgspec.structs.replace(
        examined,
        from_snapshot=True,
        removed=dict(removed),
        examined=snapshot.taken,
        host_name="",
    )
