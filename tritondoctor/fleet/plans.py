"""Plans of many hosts: those that are the same in groups, and who goes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Optional

from tritondoctor.fleet.fixes import HostStep, fix_of
from tritondoctor.fleet.record import HostRecord

Kind = Literal["sound", "repairable", "partly", "by-hand", "no-answer"]


class PlanGroup(NamedTuple):
    """Hosts with the same answer: `shell` are lines that no program can run, `left` the findings that
    stay, `said` why there is no plan.
    """

    kind: Kind
    hosts: tuple[str, ...]
    errors: tuple[str, ...]
    steps: tuple[HostStep, ...] = ()
    shell: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    said: str = ""


def groups(plans: Mapping[str, HostRecord]) -> list[PlanGroup]:
    """The groups of a `fix --dry-run` on many hosts, those that can be repaired first, then by size."""
    found: dict[PlanGroup, PlanGroup] = {}
    for host, record in plans.items():
        one = _group(host, record)
        key = one._replace(hosts=())
        before = found.get(key)
        found[key] = one if before is None else before._replace(hosts=before.hosts + one.hosts)
    order = ("repairable", "partly", "by-hand", "no-answer", "sound")
    return sorted(found.values(), key=lambda one: (order.index(one.kind), -len(one.hosts)))


def _group(host: str, record: HostRecord) -> PlanGroup:
    try:
        report = fix_of(record)
    except LookupError as failure:
        return PlanGroup("no-answer", (host,), (), said=str(failure.args[0]))
    fix = report.fix
    errors = tuple(sorted(report.errors))
    if fix.outcome == "sound":
        return PlanGroup("sound", (host,), errors)
    left = {one.id for one in fix.left} or (set() if fix.complete else report.errors)
    steps = tuple(step for step in fix.steps if step.touches)
    kind: Kind = "by-hand" if not steps else "repairable" if fix.complete else "partly"
    return PlanGroup(kind, (host,), errors, steps, fix.shell, tuple(sorted(left)))


def waves(
    chosen: Iterable[PlanGroup], canary: int, batch: int
) -> Iterator[tuple[Literal["canary", "batch"], tuple[str, ...]]]:
    """Who is repaired together: first `canary` hosts of each group, then all others in batches."""
    some = list(chosen)
    first = tuple(host for group in some for host in group.hosts[:canary])
    if first:
        yield "canary", first
    rest = [host for group in some for host in group.hosts[canary:]]
    for start in range(0, len(rest), batch):
        yield "batch", tuple(rest[start : start + batch])


def worse(before: HostRecord, after: HostRecord) -> Optional[str]:
    """Why a host is worse off after its fix than it was; None where it is not."""
    try:
        report = fix_of(after)
    except LookupError as failure:
        return f"it did not say what came of it ({failure.args[0]})"
    if report.fix.outcome == "undone":
        return "the fix did not repair it, and was taken back"
    if report.fix.outcome == "failed":
        return f"the fix failed: {report.fix.why or 'it did not repair it'}"
    new = sorted(report.errors - fix_of(before).errors)
    return f"it has errors that it did not have: {', '.join(new)}" if new else None


def same(groups: Sequence[PlanGroup], kinds: Sequence[Kind]) -> list[PlanGroup]:
    """The groups of some kinds."""
    return [group for group in groups if group.kind in kinds]
