"""Plans of many hosts: equal plans in groups, and the order of the hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, Optional

import msgspec

from tritondoctor.fleet.fixes import HostStep, fix_of
from tritondoctor.fleet.record import HostRecord

Kind = Literal["sound", "repairable", "partly", "by-hand", "no-answer"]


class PlanGroup(msgspec.Struct, frozen=True, rename={"message": "said"}):
    """Hosts with the same plan: `shell` are lines for the user to set, `left` the findings that remain,
    `message` says why there is no plan.
    """

    kind: Kind
    hosts: tuple[str, ...]
    errors: tuple[str, ...]
    steps: tuple[HostStep, ...] = ()
    shell: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    message: str = ""


def groups(plans: Mapping[str, HostRecord]) -> list[PlanGroup]:
    """Group the answers to `fix --dry-run`: repairable ones first, then by size."""
    by_answer: dict[PlanGroup, PlanGroup] = {}
    for host, record in plans.items():
        group = _group(host, record)
        key = msgspec.structs.replace(group, hosts=())
        before = by_answer.get(key)
        hosts = before.hosts + group.hosts if before is not None else group.hosts
        by_answer[key] = msgspec.structs.replace(group, hosts=hosts)
    order = ("repairable", "partly", "by-hand", "no-answer", "sound")
    return sorted(by_answer.values(), key=lambda group: (order.index(group.kind), -len(group.hosts)))


def _group(host: str, record: HostRecord) -> PlanGroup:
    try:
        report = fix_of(record)
    except LookupError as failure:
        return PlanGroup("no-answer", (host,), (), message=str(failure.args[0]))
    fix = report.fix
    errors = tuple(sorted(report.errors))
    if fix.outcome == "sound":
        return PlanGroup("sound", (host,), errors)
    left = {finding.id for finding in fix.left} or (set() if fix.complete else report.errors)
    steps = tuple(step for step in fix.steps if step.touches)
    kind: Kind = "by-hand" if not steps else "repairable" if fix.complete else "partly"
    return PlanGroup(kind, (host,), errors, steps, fix.shell, tuple(sorted(left)))


def waves(
    chosen: Iterable[PlanGroup], canary: int, batch: int
) -> Iterator[tuple[Literal["canary", "batch"], tuple[str, ...]]]:
    """Yield the hosts to repair together: `canary` hosts of each group, then the others in batches."""
    groups = list(chosen)
    first = tuple(host for group in groups for host in group.hosts[:canary])
    if first:
        yield "canary", first
    rest = [host for group in groups for host in group.hosts[canary:]]
    for start in range(0, len(rest), batch):
        yield "batch", tuple(rest[start : start + batch])


def worse(before: HostRecord, after: HostRecord) -> Optional[str]:
    """Return why a host is worse after its fix than before; None if it is not."""
    try:
        report = fix_of(after)
    except LookupError as failure:
        return f"its result is not known ({failure.args[0]})"
    if report.fix.outcome == "undone":
        return "the fix did not repair it and was undone"
    if report.fix.outcome == "failed":
        return f"the fix failed: {report.fix.why or 'errors are left'}"
    new = sorted(report.errors - fix_of(before).errors)
    return f"it has new errors: {', '.join(new)}" if new else None


def same(groups: Sequence[PlanGroup], kinds: Sequence[Kind]) -> list[PlanGroup]:
    """Return the groups of these kinds."""
    return [group for group in groups if group.kind in kinds]
