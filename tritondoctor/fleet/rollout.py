"""A fix of many hosts, wave after wave, and its undo; what was done to whom is on record throughout.

FOLDER/fleet-fix.json           what was done, host by host; written after every wave
FOLDER/plans/HOST.json          each host's plan, before anything was changed
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
from tritondoctor.support.atomic import write
from tritondoctor.support.reading import Limit, Reason, Unreadable, read_bytes

RECORD = "fleet-fix.json"
SCHEMA: Literal["tritondoctor.fleet-fix/1"] = "tritondoctor.fleet-fix/1"
#: seconds on a host: a plan may fetch packages, a fix ends in a real start of PyTriton
PLAN_S, FIX_S, UNDO_S = 300, 900, 300

State = Literal["asked", "fixed", "incomplete", "unchanged", "failed", "undone", "left"]


class RolloutHost(msgspec.Struct, frozen=True):
    """What was done to a host.  `fix` is the id of its own record of that, by which it is taken back;
    `asked`: it was told to repair itself and has not said what came of it.
    """

    state: State
    fix: Optional[Id] = None
    why: str = ""


class Rollout(msgspec.Struct, frozen=True):
    """A fix of many hosts as it stands; `stopped` says why it went no further."""

    schema: Literal["tritondoctor.fleet-fix/1"]
    started: str
    inventory: tuple[str, ...]
    file: str
    hosts: dict[str, RolloutHost]
    stopped: str = ""


def plan(
    fleet: AnsibleFleet, options: Sequence[str], folder: str, progress: Progress
) -> dict[str, HostRecord]:
    """Every host's plan, made there; nothing is changed."""
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
    """Repairs wave after wave, and stops after one in which a host came out worse than it was.

    `known` are the plans; `begin` is told of each wave.
    """
    told = Rollout(SCHEMA, time.strftime("%Y-%m-%d %H:%M:%S"), fleet.inventory, fleet.file, {})
    for kind, hosts in waves:
        begin(kind, hosts)
        told = _noted(folder, told, {host: RolloutHost("asked") for host in hosts})
        commands = {host: ["fix", "--yes", "--json", *options] for host in hosts}
        found = ansible.ask(fleet, commands, folder, "fixed", progress, deadline=fleet.deadline or FIX_S)
        told = _noted(folder, told, {host: _came_of(known[host], one) for host, one in found.items()})
        ill = [
            f"{host}: {one.why}" for host, one in told.hosts.items() if one.state in ("failed", "asked")
        ]
        if ill:
            told = msgspec.structs.replace(told, stopped="; ".join(ill))
            return _noted(folder, told, {})
    return told


def _came_of(before: HostRecord, after: HostRecord) -> RolloutHost:
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


def undo(fleet: AnsibleFleet, told: Rollout, folder: str, progress: Progress) -> Rollout:
    """Takes back what a fix of many hosts did, on each host by its own record."""
    ids = {host: one.fix for host, one in told.hosts.items() if one.fix and one.state != "undone"}
    ids = {host: fix for host, fix in ids.items() if host in fleet.hosts}
    commands = {host: ["undo", "--yes", "--json", "--id", fix] for host, fix in ids.items()}
    found = ansible.ask(fleet, commands, folder, "undone", progress, deadline=fleet.deadline or UNDO_S)
    return _noted(folder, told, {host: _taken_back(ids[host], one) for host, one in found.items()})


def _taken_back(fix: str, record: HostRecord) -> RolloutHost:
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
    """The record of a fix of many hosts.  Raises FleetError where it is not there or damaged."""
    path = os.path.join(folder, RECORD)
    try:
        return msgspec.json.decode(read_bytes(path, Limit.REPORTS), type=Rollout)
    except Unreadable as failure:
        if failure.reason is Reason.MISSING:
            raise FleetError(f"{folder} holds no fix of a fleet (no {RECORD}).") from None
        raise FleetError(f"{path} cannot be read: {failure.strerror}") from None
    except (msgspec.DecodeError, RecursionError) as failure:
        raise FleetError(f"{path} cannot be read: {failure}") from None


def _noted(folder: str, told: Rollout, hosts: Mapping[str, RolloutHost]) -> Rollout:
    told = msgspec.structs.replace(told, hosts={**told.hosts, **hosts})
    write(os.path.join(folder, RECORD), msgspec.json.format(msgspec.json.encode(told)).decode() + "\n")
    return told
