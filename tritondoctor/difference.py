"""What differs between two machines, the relevant first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from tritondoctor.remedies.difference import MISSING
from tritondoctor.report import Report
from tritondoctor.snapshot import Snapshot

Group = Literal["findings", "libraries", "versions", "launch", "variables", "machine", "rest"]
ABSENT = "none"
#: by the first part of a fact's name; what is not named here comes last
_GROUPS: dict[str, Group] = {
    "pytriton": "versions", "interpreter": "versions", "launch": "launch", "library_path": "variables",
    "preload_missing": "variables", "variables": "variables", "host": "machine", "gpu": "machine",
    "conda": "machine", "shell": "machine",
}  # fmt: skip
#: told by the findings and link maps, or different on every machine and at every moment
_LEFT_OUT = (
    "launch.programs", "launch.imports", "interpreter.program", "hidden_variables", "host.threads_left",
    "host.memory", "host.user", "interpreter.startup_modules", "interpreter.builtin_modules",
)  # fmt: skip
_FLEETING = ("free", "free_inodes")


class Difference(NamedTuple):
    """One thing that is not the same: in `before` and in `after`."""

    group: Group
    name: str
    before: str
    after: str


def between(one: Snapshot, first: Report, other: Snapshot, second: Report) -> list[Difference]:
    """All differences, those first that PyTriton's start depends on most."""
    found = [*_findings(first, second), *_libraries(one, other)]
    facts = list(_facts(_flat(one), _flat(other)))
    order = ("versions", "launch", "variables", "machine", "rest")
    return found + sorted(facts, key=lambda difference: order.index(difference.group))


def _findings(first: Report, second: Report) -> Iterator[Difference]:
    ids = dict.fromkeys(one.id for report in (first, second) for one in report.findings)
    for id in ids:
        told = [_told(id, report) for report in (first, second)]
        if told[0] != told[1]:
            yield Difference("findings", id, told[0], told[1])


def _told(id: str, report: Report) -> str:
    titles = [f"{one.severity}: {one.title}" for one in report.findings if one.id == id]
    return "; ".join(titles) or ABSENT


def _libraries(one: Snapshot, other: Snapshot) -> Iterator[Difference]:
    maps = [_answers(snapshot) for snapshot in (one, other)]
    for key in dict.fromkeys([*maps[0], *maps[1]]):
        before, after = (found.get(key, ABSENT) for found in maps)
        if before != after:
            yield Difference("libraries", ": ".join(key), before, after)


def _answers(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """(program, name) -> the file that answers to it, as a path that both machines can have."""
    launch = snapshot.facts.launch
    if launch is None:
        return {}
    found: dict[tuple[str, str], str] = {}
    for program in launch.programs:
        for one in program.objects:
            found[program.role, one.name] = _common(one.path, snapshot)
        for problem in program.problems:
            missing = MISSING if problem.kind == "not-found" else problem.message
            found[program.role, problem.name or problem.kind] = _common(missing, snapshot)
    return found


def _flat(snapshot: Snapshot) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(part: Any, name: str) -> None:
        if name in _LEFT_OUT or name.rpartition(".")[2] in _FLEETING:
            return
        if isinstance(part, Mapping):
            for key, inner in part.items():
                walk(inner, f"{name}.{key}" if name else str(key))
        elif isinstance(part, (list, tuple)) and any(isinstance(one, Mapping) for one in part):
            for number, inner in enumerate(part):
                walk(inner, f"{name}.{number}")
        elif isinstance(part, (list, tuple)):
            found[name] = _common(", ".join(map(str, part)) or ABSENT, snapshot)
        else:
            found[name] = ABSENT if part in (None, "") else _common(str(part), snapshot)

    walk(msgspec.to_builtins(snapshot.facts), "")
    return found


def _common(path: str, snapshot: Snapshot) -> str:
    """Where an environment lies is no difference: its folders are told by their part in it."""
    asked = snapshot.facts.interpreter
    for folder, name in ((asked.prefix, "PREFIX"), (asked.base_prefix, "BASE")):
        if len(folder) > 1 and folder != "/usr":
            path = path.replace(os.path.join(folder, ""), f"{name}/")
    return path


def _facts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name, ABSENT), after.get(name, ABSENT)
        if one != other:
            yield Difference(_GROUPS.get(name.partition(".")[0], "rest"), name, one, other)
