"""What differs between two machines, the relevant first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from tritondoctor.remedies.difference import MISSING
from tritondoctor.report import Report
from tritondoctor.snapshot import Snapshot

Key = tuple[str, str]
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
    "interpreter.path", "interpreter.executable", "interpreter.prefix", "interpreter.base_prefix",
    "interpreter.exec_prefix", "interpreter.base_exec_prefix", "interpreter.version_text",
    "interpreter.config", "interpreter.extension_suffixes", "variables.HOME",
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
    first_told = ("pytriton.version", "interpreter.version")
    return found + sorted(facts, key=lambda one: (order.index(one.group), one.name not in first_told))


def _findings(first: Report, second: Report) -> Iterator[Difference]:
    ids = dict.fromkeys(one.id for report in (first, second) for one in report.findings)
    for id in ids:
        told = [_told(id, report) for report in (first, second)]
        if told[0] != told[1]:
            yield Difference("findings", id, told[0], told[1])


def _told(id: str, report: Report) -> str:
    titles = [f"{one.severity}: {one.title}" for one in report.findings if one.id == id]
    return "; ".join(titles) or ABSENT


def _libraries(one: Snapshot, other: Snapshot) -> list[Difference]:
    (before, broken_before), (after, broken_after) = _answers(one), _answers(other)
    broken = broken_before | broken_after
    keys = [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]
    keys.sort(key=lambda key: (key not in broken, key not in before or key not in after))
    return [
        Difference("libraries", ": ".join(key), before.get(key, ABSENT), after.get(key, ABSENT))
        for key in keys
    ]


def _answers(snapshot: Snapshot) -> tuple[dict[Key, str], set[Key]]:
    """(program and name -> the file that answers to it, those of them that break the program).

    Modules that a program opens by their path are left out: which these are, findings and versions say.
    """
    found: dict[Key, str] = {}
    broken: set[Key] = set()
    for program in snapshot.facts.launch.programs if snapshot.facts.launch else ():
        for one in program.objects:
            if "/" not in one.name:
                found[program.role, one.name] = _common(one.path, snapshot)
        for problem in program.problems:
            key = program.role, problem.name or problem.kind
            lacks = MISSING if problem.kind == "not-found" else problem.message
            found[key] = _common(lacks, snapshot)
            broken.add(key)
    return found, broken


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


def _common(text: str, snapshot: Snapshot) -> str:
    """Where an environment or a home lies is no difference: its folders are told by their part in it."""
    facts = snapshot.facts
    folders = [(folder, "SITE-PACKAGES") for folder in facts.interpreter.site_packages]
    folders += [(facts.interpreter.prefix, "PREFIX"), (facts.interpreter.base_prefix, "BASE")]
    for folder, name in (*folders, (facts.variables.get("HOME", ""), "~")):
        if len(folder) > 1 and folder != "/usr":
            text = text.replace(os.path.join(folder, ""), f"{name}/")
    return text


def _facts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name, ABSENT), after.get(name, ABSENT)
        if one != other:
            yield Difference(_GROUPS.get(name.partition(".")[0], "rest"), name, one, other)
