"""Plans of many hosts: those that are the same in groups, and who goes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Optional

from tritondoctor.fleet.record import HostRecord

Kind = Literal["sound", "repairable", "partly", "by-hand", "no-answer"]


class Group(NamedTuple):
    """Hosts with the same answer: `steps` as fix --json has them, `shell` lines that no program can run,
    `left` the findings that stay, `said` why there is no plan.
    """

    kind: Kind
    hosts: tuple[str, ...]
    errors: tuple[str, ...]
    steps: tuple[dict[str, Any], ...] = ()
    shell: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    said: str = ""


def groups(plans: Mapping[str, HostRecord]) -> list[Group]:
    """The groups of a `fix --dry-run` on many hosts, those that can be repaired first, then by size."""
    found: dict[tuple[object, ...], Group] = {}
    for host, record in plans.items():
        one = _group(host, record)
        titles = tuple((step["finding"], step["title"], *step["commands"]) for step in one.steps)
        key = (one.kind, one.errors, titles, one.shell, one.left, one.said)
        before = found.get(key)
        found[key] = one if before is None else before._replace(hosts=before.hosts + one.hosts)
    order = ("repairable", "partly", "by-hand", "no-answer", "sound")
    return sorted(found.values(), key=lambda one: (order.index(one.kind), -len(one.hosts)))


def _group(host: str, record: HostRecord) -> Group:
    if record.report is None:
        return Group("no-answer", (host,), (), said=f"{record.answer}: {record.said}")
    fix = record.report["fix"]
    errors = tuple(sorted(errors_of(record)))
    if fix["outcome"] == "sound":
        return Group("sound", (host,), errors)
    steps, shell = tuple(fix["steps"]), tuple(fix["shell"])
    left = tuple(sorted({one["id"] for one in fix["left"]} or ({*errors} if not fix["complete"] else ())))
    kind: Kind = "by-hand" if not steps else "repairable" if fix["complete"] else "partly"
    return Group(kind, (host,), errors, steps, shell, left)


def errors_of(record: HostRecord) -> set[str]:
    """The ids of the errors that a host reports."""
    findings = (record.report or {}).get("findings", ())
    return {one["id"] for one in findings if one["severity"] == "error"}


def waves(
    chosen: Iterable[Group], canary: int, batch: int
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
    if after.report is None:
        return f"it did not say what came of it ({after.answer}: {after.said})"
    outcome = after.report["fix"]["outcome"]
    if outcome == "undone":
        return "the fix did not repair it, and was taken back"
    if outcome == "failed":
        why = after.report["fix"]["why"]
        return f"the fix failed: {why}" if why else "the fix did not repair it"
    new = sorted(errors_of(after) - errors_of(before))
    return f"it has errors that it did not have: {', '.join(new)}" if new else None


def same(groups: Sequence[Group], kinds: Sequence[Kind]) -> list[Group]:
    """The groups of some kinds."""
    return [one for one in groups if one.kind in kinds]
