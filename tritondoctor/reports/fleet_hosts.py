"""Hosts as they answer, the plans of a fleet in groups, and what came of a fix or an undo of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from rich.console import Console

from tritondoctor.fleet.plans import PlanGroup
from tritondoctor.fleet.record import HostRecord
from tritondoctor.fleet.rollout import Rollout, RolloutHost
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.console import learn_more
from tritondoctor.reports.layout import Line, padded, print_line, print_lines, width_of, wrapped
from tritondoctor.support.messages import _, mark, mark_plural, plural

_MOST_HOSTS, _MOST_WAITED = 8, 3


def answer_line(record: HostRecord, column: int) -> Line:
    """The line of a host that answered or was given up; `column` is the width of the names."""
    sign, answer, style = _answer(record)
    line = f"{sign:5}{padded(record.host, column)}  {record.seconds:5.1f} s  {answer}"
    return printable(line), style


def waiting_line(waiting: Sequence[str], count: int) -> str:
    """How many hosts of `count` have answered, and some that have not."""
    names = ", ".join(waiting[:_MOST_WAITED]) + (", ..." if len(waiting) > _MOST_WAITED else "")
    return _(
        "{answered} of {count}; waiting for {hosts}",
        answered=count - len(waiting), count=count, hosts=names,
    )  # fmt: skip


def _answer(record: HostRecord) -> tuple[str, str, str]:
    report = record.report
    if report is None:
        line = _("{state}: {reason}", state=record.status, reason=" ".join(record.message.split()))
        return "[?]", line, "yellow"
    if "undone" in report:
        left = report.get("left")
        if not left:
            return "[ok]", _("undone"), ""
        return "[x]", _("not undone: {paths}", paths=", ".join(map(str, left))), "red"
    errors = sorted(_errors(report))
    outcome = str((report.get("fix") or {}).get("outcome", "planned"))
    before = "" if outcome in ("planned", "sound", "no-plan") else f"{outcome}: "
    if errors:
        return "[x]", before + ", ".join(errors), "red"
    return "[ok]", before + _("no errors"), ""


def _errors(report: dict[str, Any]) -> set[str]:
    findings = report.get("findings", ())
    return {str(finding["id"]) for finding in findings if finding.get("severity") == "error"}


def show_plans(groups: Sequence[PlanGroup], console: Console) -> None:
    """Print the plans, group by group."""
    print_lines(console, _plan_lines(groups, width_of(console)))


def _plan_lines(groups: Sequence[PlanGroup], width: int) -> Iterator[Line]:
    for group in groups:
        if group.kind != "sound":
            yield "", ""
            yield from _group(group, width)
    sound = sum(len(group.hosts) for group in groups if group.kind == "sound")
    yield "", ""
    yield plural("{count} host needs no repair.", "{count} hosts need no repair.", sound), ""


_HEADS = {
    "repairable": mark("{hosts}: {errors}. With this plan no errors remain:"),
    "partly": mark("{hosts}: {errors}. There is no complete plan; with --partial:"),
    "by-hand": mark("{hosts}: {errors}. tritondoctor cannot repair this."),
    "variables": mark("{hosts}: {errors}. Only a variable set where PyTriton is started fixes this."),
    "no-answer": mark("{hosts} gave no plan ({answer})."),
}


def _group(group: PlanGroup, width: int) -> Iterator[Line]:
    kind = "variables" if group.kind == "by-hand" and group.shell and not group.left else group.kind
    head = _(
        _HEADS[kind],
        hosts=_hosts(len(group.hosts)),
        errors=", ".join(group.errors) or _("warnings"),
        answer=" ".join(group.message.split()),
    )
    yield from wrapped(printable(head), "    ", width, "bold", hang=True)
    yield from wrapped(printable(_names(group.hosts)), "    ", width, "dim")
    for number, step in enumerate(group.steps, 1):
        title = f" {number}. {_('{title} ({risk})', title=step.title, risk=_(step.risk))}"
        yield from wrapped(printable(title), "    ", width, hang=True)
        yield from _commands(step.commands)
    if group.shell:
        line = _("Set this where PyTriton is started there (tritondoctor_environment in the inventory):")
        yield from wrapped(line, "    ", width)
        yield from _commands(group.shell)
    if group.left and (group.steps or group.left != group.errors):
        line = _("Remaining errors: {ids}", ids=", ".join(group.left))
        yield from wrapped(printable(line), "    ", width)
    if group.kind == "by-hand" and not group.shell:
        for id in group.left or group.errors:
            yield f"    {learn_more(printable(id))}", "dim"


def _commands(commands: Sequence[str]) -> Iterator[Line]:
    for command in commands:
        yield f"        {printable(command)}", "green"


def show_wave(kind: str, hosts: Sequence[str], console: Console) -> None:
    """Print which hosts come next."""
    names = _names(hosts)
    line = _("Canary: {hosts}", hosts=names) if kind == "canary" else _("Batch: {hosts}", hosts=names)
    print_line(console, "")
    print_line(console, printable(line))


def _hosts(count: int) -> str:
    return plural("{count} host", "{count} hosts", count)


def _names(hosts: Sequence[str]) -> str:
    names = ", ".join(hosts[:_MOST_HOSTS])
    more = len(hosts) - _MOST_HOSTS
    return _("{hosts} and {count} more", hosts=names, count=more) if more > 0 else names


_STATES = {
    "fixed": mark_plural("{count} host: repaired.", "{count} hosts: repaired."),
    "incomplete": mark_plural(
        "{count} host: repaired, but one thing must be done by hand.",
        "{count} hosts: repaired, but one thing must be done by hand.",
    ),
    "unchanged": mark_plural("{count} host: not changed.", "{count} hosts: not changed."),
    "failed": mark_plural(
        "{count} host: worse, or not repaired.", "{count} hosts: worse, or not repaired."
    ),
    "asked": mark_plural(
        "{count} host: no answer (`tritondoctor undo --list` there shows what was done).",
        "{count} hosts: no answer (`tritondoctor undo --list` there shows what was done).",
    ),
    "undone": mark_plural("{count} host: as before the fix.", "{count} hosts: as before the fix."),
    "left": mark_plural("{count} host: not undone.", "{count} hosts: not undone."),
}


def show_outcome(rollout: Rollout, waiting: Sequence[str], console: Console) -> None:
    """Print what came of a fix or an undo; `waiting` are the hosts that it did not reach."""
    print_line(console, "")
    print_lines(console, _outcome_lines(rollout, waiting, width_of(console)))


def _outcome_lines(rollout: Rollout, waiting: Sequence[str], width: int) -> Iterator[Line]:
    counts: Counter[str] = Counter(host.state for host in rollout.hosts.values())
    for state, templates in _STATES.items():
        if counts[state]:
            line = plural(*templates, counts[state])
            yield from wrapped(line, "    ", width, "bold", hang=True)
            alike = {name: host for name, host in rollout.hosts.items() if host.state == state}
            yield from _reasons(alike, width)
    if rollout.stopped and waiting:
        line = plural(
            "Stopped there; {count} host was not started: {hosts}",
            "Stopped there; {count} hosts were not started: {hosts}",
            len(waiting),
            hosts=_names(waiting),
        )
        yield from wrapped(printable(line), "    ", width, "bold red", hang=True)


def _reasons(hosts: Mapping[str, RolloutHost], width: int) -> Iterator[Line]:
    if not any(host.why for host in hosts.values()):
        yield from wrapped(printable(_names(list(hosts))), "    ", width, "dim")
    for name, host in hosts.items():
        if host.why:
            yield from wrapped(printable(f"    {name}: {host.why}"), "      ", width, hang=True)


def plans_json(folder: str, groups: Sequence[PlanGroup]) -> dict[str, Any]:
    """The plans, group by group."""
    return {
        "schema": "tritondoctor.fleet-plans/1",
        "folder": folder,
        "groups": [msgspec.to_builtins(group) for group in groups],
    }


def as_json(folder: str, rollout: Rollout, waiting: Sequence[str]) -> dict[str, Any]:
    """What came of it, host by host."""
    return {**msgspec.to_builtins(rollout), "folder": folder, "not_begun": list(waiting)}
