"""A fix of many hosts, wave after wave, and its undo; the state of every host is on record throughout.

FOLDER/fleet-fix.json           the state of each host; written after every wave
FOLDER/plans/HOST.json          the host's plan, made before any change
FOLDER/fixed/HOST.json          its report after the fix
FOLDER/undone/HOST.json         its answer to the undo
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Optional

import msgspec

from tritondoctor.fleet import ansible, plans
from tritondoctor.fleet.ansible import AnsibleFleet, FleetError, Progress
from tritondoctor.fleet.fixes import Id, fix_of, undo_of
from tritondoctor.fleet.record import HostRecord
from tritondoctor.support import structs
from tritondoctor.support.atomic import write
from tritondoctor.support.ownership import not_ours
from tritondoctor.support.reading import Limit, Reason, Unreadable, read_bytes

RECORD = "fleet-fix.json"
SCHEMA: Literal["tritondoctor.fleet-fix/1"] = "tritondoctor.fleet-fix/1"
#: seconds on a host: a plan may download packages, a fix ends with a real start of PyTriton
PLAN_S, FIX_S, UNDO_S = 300, 900, 300

State = Literal["asked", "fixed", "incomplete", "unchanged", "failed", "undone", "left"]


class RolloutHost(msgspec.Struct, frozen=True):
    """The state of a host.  `fix` is the id of the fix on that host, which undo needs; `asked`: the host
    was told to repair itself, and its result is not known.
    """

    state: State
    fix: Optional[Id] = None
    why: str = ""


class Rollout(msgspec.Struct, frozen=True):
    """The state of a fix of many hosts; `stopped` says why it did not go on."""

    schema: Literal["tritondoctor.fleet-fix/1"]
    started: str
    inventory: tuple[str, ...]
    file: str
    hosts: dict[str, RolloutHost]
    stopped: str = ""


def plan(
    fleet: AnsibleFleet, options: Sequence[str], folder: str, progress: Progress
) -> dict[str, HostRecord]:
    """Have every host make its plan; nothing is changed."""
    commands = {host: ["fix", "--dry-run", "--no-selftest", "--json", *options] for host in fleet.hosts}
    return ansible.ask(fleet, commands, folder, "plans", progress, deadline=fleet.deadline or PLAN_S)


def fix(
    fleet: AnsibleFleet,
    known: Mapping[str, HostRecord],
    waves: Sequence[tuple[str, tuple[str, ...]]],
    options: Sequence[str],
    folder: str,
    progress: Progress,
    begin: Callable[[str, Sequence[str]], None],
) -> Rollout:
    """Repair wave after wave; stop after a wave that left a host worse than before.

    `known` are the plans; `begin` is called with each wave.
    """
    rollout = Rollout(SCHEMA, time.strftime("%Y-%m-%d %H:%M:%S"), fleet.inventory, fleet.file, {})
    for kind, hosts in waves:
        begin(kind, hosts)
        rollout = _noted(folder, rollout, {host: RolloutHost("asked") for host in hosts})
        commands = {host: ["fix", "--yes", "--json", *options] for host in hosts}
        records = ansible.ask(
            fleet, commands, folder, "fixed", progress, deadline=fleet.deadline or FIX_S
        )
        rollout = _noted(
            folder, rollout, {host: _result(known[host], record) for host, record in records.items()}
        )
        failures = [
            f"{name}: {host.why}"
            for name, host in rollout.hosts.items()
            if host.state in ("failed", "asked")
        ]
        if failures:
            rollout = msgspec.structs.replace(rollout, stopped="; ".join(failures))
            return _noted(folder, rollout, {})
    return rollout


def _result(before: HostRecord, after: HostRecord) -> RolloutHost:
    why = plans.worse(before, after)
    try:
        report = fix_of(after)
    except LookupError:
        return RolloutHost("asked", None, why or "")
    fix = report.fix
    if why is not None:
        return RolloutHost("failed", fix.id, why)
    if fix.outcome == "fixed":
        return RolloutHost("fixed", fix.id)
    if fix.outcome == "incomplete":
        return RolloutHost("incomplete", fix.id, "; ".join(fix.shell) or ", ".join(sorted(report.errors)))
    return RolloutHost("unchanged", fix.id, fix.why or fix.outcome)


def undo(fleet: AnsibleFleet, rollout: Rollout, folder: str, progress: Progress) -> Rollout:
    """Undo a fix of many hosts, on each host by its own journal."""
    ids = {name: host.fix for name, host in rollout.hosts.items() if host.fix and host.state != "undone"}
    ids = {host: fix for host, fix in ids.items() if host in fleet.hosts}
    commands = {host: ["undo", "--yes", "--json", "--id", fix] for host, fix in ids.items()}
    records = ansible.ask(fleet, commands, folder, "undone", progress, deadline=fleet.deadline or UNDO_S)
    return _noted(folder, rollout, {host: _undone(ids[host], record) for host, record in records.items()})


def _undone(fix: str, record: HostRecord) -> RolloutHost:
    try:
        left = undo_of(record).left
    except LookupError as failure:
        return RolloutHost("left", fix, str(failure.args[0]))
    return (
        RolloutHost("left", fix, f"changed since: {', '.join(left)}")
        if left
        else RolloutHost("undone", fix)
    )


def read(folder: str) -> Rollout:
    """Return the record of a fix of many hosts.  Raises FleetError if it is missing or damaged."""
    path = os.path.join(folder, RECORD)
    for part in (folder, path):
        if theirs := not_ours(part):  # it names an inventory and a program, which run
            raise FleetError(f"{part}: {theirs}. Move the record of your fix to a folder of your own.")
    try:
        return structs.decode(read_bytes(path, Limit.REPORTS), type=Rollout)
    except Unreadable as failure:
        if failure.reason is Reason.MISSING:
            raise FleetError(f"{folder} holds no fix of a fleet (no {RECORD}).") from None
        raise FleetError(f"{path} cannot be read: {failure.strerror}") from None
    except (structs.Malformed, RecursionError) as failure:
        raise FleetError(f"{path} cannot be read: {failure}") from None


def _noted(folder: str, rollout: Rollout, hosts: Mapping[str, RolloutHost]) -> Rollout:
    rollout = msgspec.structs.replace(rollout, hosts={**rollout.hosts, **hosts})
    write(os.path.join(folder, RECORD), msgspec.json.format(msgspec.json.encode(rollout)).decode() + "\n")
    return rollout
