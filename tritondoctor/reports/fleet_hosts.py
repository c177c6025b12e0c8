"""Hosts as they answer, the plans of a fleet in groups, and what came of a fix or an undo of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import msgspec
from rich.console import Console
from rich.status import Status
from rich.text import Text

from tritondoctor.fleet.plans import PlanGroup
from tritondoctor.fleet.record import HostRecord
from tritondoctor.fleet.rollout import Rollout
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.console import wrapped

_MOST_HOSTS, _MOST_WAITED = 8, 3


class HostProgress:
    """A line for each host as it answers; on a terminal also who is waited for."""

    def __init__(self, console: Console, hosts: Sequence[str]) -> None:
        self._console = console
        self._waiting = dict.fromkeys(hosts)
        self._count = len(hosts)
        self._width = max((len(host) for host in hosts), default=0)
        self._status: Optional[Status] = None

    def __enter__(self) -> HostProgress:
        if self._console.is_terminal:
            self._status = self._console.status(self._words(), spinner="line")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, record: HostRecord) -> None:
        """A host has answered, or it was given up."""
        self._waiting.pop(record.host, None)
        mark, said, style = _answer(record)
        line = f"{mark:5}{record.host:{self._width}}  {record.seconds:5.1f} s  {said}"
        self._console.print(Text(printable(line), style=style), overflow="ellipsis", no_wrap=True)
        if self._status is not None:
            self._status.update(self._words())

    def _words(self) -> Text:
        names = ", ".join([*self._waiting][:_MOST_WAITED])
        more = ", ..." if len(self._waiting) > _MOST_WAITED else ""
        return Text(f"{self._count - len(self._waiting)} of {self._count}; waiting for {names}{more}")


def _answer(record: HostRecord) -> tuple[str, str, str]:
    report = record.report
    if report is None:
        return "[?]", f"{record.status}: {' '.join(record.message.split())}", "yellow"
    if "undone" in report:
        left = report.get("left")
        return (
            ("[x]", f"left: {', '.join(map(str, left))}", "red") if left else ("[ok]", "taken back", "")
        )
    errors = sorted(_errors(report))
    outcome = str((report.get("fix") or {}).get("outcome", "planned"))
    before = "" if outcome in ("planned", "sound", "no-plan") else f"{outcome}: "
    if errors:
        return "[x]", before + ", ".join(errors), "red"
    return "[ok]", f"{before}no error", ""


def _errors(report: dict[str, Any]) -> set[str]:
    return {str(one["id"]) for one in report.get("findings", ()) if one.get("severity") == "error"}


def plan_lines(groups: Sequence[PlanGroup], width: int) -> Iterator[tuple[str, str]]:
    """(line, style) of the plans, group by group."""
    for group in groups:
        if group.kind != "sound":
            yield "", ""
            yield from _group(group, width)
    sound = sum(len(group.hosts) for group in groups if group.kind == "sound")
    yield "", ""
    yield f"{_hosts(sound)} {'needs' if sound == 1 else 'need'} no repair.", ""


_HEADS = {
    "repairable": "{hosts}: {errors}. The plan leaves no error:",
    "partly": "{hosts}: {errors}. There is no complete plan; with --partial:",
    "by-hand": "{hosts}: {errors}. This cannot be repaired from here.",
    "variables": "{hosts}: {errors}. A variable cures it, which only who starts PyTriton can set.",
    "no-answer": "{hosts} gave no plan ({said}).",
}


def _group(group: PlanGroup, width: int) -> Iterator[tuple[str, str]]:
    said = " ".join(group.message.split())
    kind = "variables" if group.kind == "by-hand" and group.shell and not group.left else group.kind
    head = _HEADS[kind].format(
        hosts=_hosts(len(group.hosts)), errors=", ".join(group.errors) or "warnings", said=said
    )
    yield from wrapped(printable(head), "    ", width, "bold", hang=True)
    yield from wrapped(printable(_names(group.hosts)), "    ", width, "dim")
    for number, step in enumerate(group.steps, 1):
        title = f" {number}. {step.title} ({step.risk})"
        yield from wrapped(printable(title), "    ", width, "", hang=True)
        for command in step.commands:
            yield f"        {printable(command)}", "green"
    if group.shell:
        said = "Where PyTriton is started there (tritondoctor_environment in the inventory), set:"
        yield from wrapped(said, "    ", width, "")
        for line in group.shell:
            yield f"        {printable(line)}", "green"
    if group.left and (group.steps or group.left != group.errors):
        yield from wrapped(f"Left: {', '.join(group.left)}", "    ", width, "")
    if group.kind == "by-hand" and not group.shell:
        for one in group.left or group.errors:
            yield f"    More on it: tritondoctor explain {printable(one)}", "dim"


def wave_line(kind: str, hosts: Sequence[str]) -> str:
    """What begins now."""
    which = "Canary" if kind == "canary" else "Batch"
    return printable(f"{which}: {_names(hosts)}")


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"


def _names(hosts: Sequence[str]) -> str:
    more = len(hosts) - _MOST_HOSTS
    return ", ".join(hosts[:_MOST_HOSTS]) + (f" and {more} more" if more > 0 else "")


_STATES = {
    "fixed": "repaired",
    "incomplete": "repaired, but something has to be done by hand",
    "unchanged": "left as they were",
    "failed": "worse, or not repaired",
    "asked": "not heard of again (`tritondoctor undo --list` there tells what was done)",
    "undone": "as before the fix",
    "left": "not taken back",
}


def outcome_lines(told: Rollout, waiting: Sequence[str], width: int) -> Iterator[tuple[str, str]]:
    """(line, style) of what came of it; `waiting` are those that it did not come to."""
    states: Counter[str] = Counter(host.state for host in told.hosts.values())
    for state, words in _STATES.items():
        if states[state]:
            some = {host: one for host, one in told.hosts.items() if one.state == state}
            yield from wrapped(f"{_hosts(len(some))}: {words}.", "    ", width, "bold", hang=True)
            yield from _reasons(some, width)
    if told.stopped and waiting:
        said = f"Stopped there; {_hosts(len(waiting))} not begun: {_names(waiting)}"
        yield from wrapped(printable(said), "    ", width, "bold red", hang=True)


def _reasons(some: dict[str, Any], width: int) -> Iterator[tuple[str, str]]:
    if not any(one.why for one in some.values()):
        yield from wrapped(printable(_names(list(some))), "    ", width, "dim")
    for host, one in some.items():
        if one.why:
            yield from wrapped(printable(f"    {host}: {one.why}"), "      ", width, "", hang=True)


def plans_json(folder: str, groups: Sequence[PlanGroup]) -> dict[str, Any]:
    """The plans, group by group."""
    return {
        "schema": "tritondoctor.fleet-plans/1",
        "folder": folder,
        "groups": [msgspec.to_builtins(group) for group in groups],
    }


def as_json(folder: str, told: Rollout, waiting: Sequence[str]) -> dict[str, Any]:
    """What came of it, host by host."""
    return {**msgspec.to_builtins(told), "folder": folder, "not_begun": list(waiting)}
