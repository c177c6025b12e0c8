"""What differs between two machines, the relevant first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from tritondoctor.examination.report import Report
from tritondoctor.examination.snapshot import Snapshot
from tritondoctor.remedies.link_map_diff import MISSING

Key = tuple[str, str]
Plain = Mapping[str, Any]
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
_FLEETING = (
    "free", "free_inodes", "memory_free", "memory_left", "threads_left", "processes", "uuid", "bus",
    "cgroup",
)  # fmt: skip
#: those of `_GROUPS` in the order in which they are told
_ORDER: tuple[Group, ...] = ("libraries", "versions", "launch", "variables", "machine", "rest")
_FIRST_TOLD = (
    "pytriton.version", "interpreter.version", "host.distribution", "host.glibc", "gpu.module.version",
)  # fmt: skip
#: (folder, how it is told), each ending with a slash
Folders = tuple[tuple[str, str], ...]


class Difference(NamedTuple):
    """One thing that is not the same: in `before` and in `after`."""

    group: Group
    name: str
    before: str
    after: str


def between(one: Snapshot, first: Report, other: Snapshot, second: Report) -> list[Difference]:
    """All differences, those first that PyTriton's start depends on most."""
    before, after = msgspec.to_builtins(one.facts), msgspec.to_builtins(other.facts)
    some = _facts(flat(before, "", folders(before)), flat(after, "", folders(after)))
    return [
        *_findings(first, second),
        *_libraries(before, after),
        *sorted(some, key=lambda one: relevance(one.group, one.name)),
    ]


def relevance(group: Group, name: str) -> int:
    """What to sort facts by, the relevant first."""
    first = name in _FIRST_TOLD
    return _FIRST_TOLD.index(name) if first else len(_FIRST_TOLD) + _ORDER.index(group)


def group_of(name: str) -> Group:
    """The group of a fact, by its name in `flat`."""
    return _GROUPS.get(name.partition(".")[0], "rest")


def _findings(first: Report, second: Report) -> Iterator[Difference]:
    ids = dict.fromkeys(finding.id for report in (first, second) for finding in report.findings)
    for id in ids:
        told = [_told(id, report) for report in (first, second)]
        if told[0] != told[1]:
            yield Difference("findings", id, told[0], told[1])


def _told(id: str, report: Report) -> str:
    titles = [f"{finding.severity}: {finding.title}" for finding in report.findings if finding.id == id]
    return "; ".join(titles) or ABSENT


def _libraries(one: Plain, other: Plain) -> list[Difference]:
    (before, broken_before), (after, broken_after) = (
        answers((facts["launch"] or {}).get("programs", ()), folders(facts)) for facts in (one, other)
    )
    broken = broken_before | broken_after
    keys = [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]
    keys.sort(key=lambda key: (key not in broken, key not in before or key not in after))
    return [
        Difference("libraries", ": ".join(key), before.get(key, ABSENT), after.get(key, ABSENT))
        for key in keys
    ]


def answers(programs: Iterable[Plain], places: Folders) -> tuple[dict[Key, str], set[Key]]:
    """(program and name -> the file that answers to it, those of them that break the program).

    `programs` is `launch.programs` as JSON has it.  Modules that a program opens by their path are left
    out: which these are, findings and versions say.
    """
    found: dict[Key, str] = {}
    broken: set[Key] = set()
    for program in programs:
        for one in program["objects"]:
            if "/" not in one["name"]:
                found[program["role"], one["name"]] = common(one["path"], places)
        for problem in program["problems"]:
            key = program["role"], problem["name"] or problem["kind"]
            lacks = MISSING if problem["kind"] == "not-found" else problem["message"]
            found[key] = common(lacks, places)
            broken.add(key)
    return found, broken


def flat(facts: object, name: str, places: Folders) -> dict[str, str]:
    """Dotted name -> value as text, of facts as JSON has them; `name` is where they stand."""
    found: dict[str, str] = {}

    def walk(part: Any, name: str) -> None:
        if name in _LEFT_OUT or name.rpartition(".")[2] in _FLEETING:
            return
        if isinstance(part, dict):
            for key, inner in part.items():
                walk(inner, f"{name}.{key}" if name else str(key))
        elif isinstance(part, (list, tuple)) and any(isinstance(one, dict) for one in part):
            for number, inner in enumerate(part):
                walk(inner, f"{name}.{number}")
        elif isinstance(part, (list, tuple)):
            found[name] = common(", ".join(map(str, part)) or ABSENT, places)
        else:
            found[name] = ABSENT if part in (None, "") else common(str(part), places)

    walk(facts, name)
    return found


def folders(facts: Plain) -> Folders:
    """Where an environment and a home lie, and how that is told: it is no difference."""
    asked = facts["interpreter"]
    known = [(folder, "SITE-PACKAGES") for folder in asked["site_packages"]]
    known += [(asked["prefix"], "PREFIX"), (asked["base_prefix"], "BASE")]
    known.append((facts["variables"].get("HOME", ""), "~"))
    return tuple(
        (os.path.join(folder, ""), f"{name}/")
        for folder, name in known
        if len(folder) > 1 and folder != "/usr"
    )


def common(text: str, places: Folders) -> str:
    """The text with folders told by their part in the environment."""
    for folder, name in places:
        text = text.replace(folder, name)
    return text


def _facts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name, ABSENT), after.get(name, ABSENT)
        if one != other:
            yield Difference(group_of(name), name, one, other)
