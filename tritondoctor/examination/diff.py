"""What differs between two machines, most relevant first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from tritondoctor.examination.report import Report
from tritondoctor.examination.snapshot import Snapshot

Key = tuple[str, str]
Plain = Mapping[str, Any]
Group = Literal["findings", "libraries", "versions", "launch", "variables", "machine", "rest"]
ABSENT = "none"
MISSING = "not found"
#: by the first part of a fact's name; what is not named here comes last
_GROUPS: dict[str, Group] = {
    "pytriton": "versions", "interpreter": "versions", "launch": "launch", "library_path": "variables",
    "preload_missing": "variables", "variables": "variables", "host": "machine", "gpu": "machine",
    "conda": "machine", "shell": "machine",
}  # fmt: skip
#: shown by the findings and link maps, or different on every machine and at every moment
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
#: those of `_GROUPS` in the order in which they are shown
_ORDER: tuple[Group, ...] = ("libraries", "versions", "launch", "variables", "machine", "rest")
_FIRST = (
    "pytriton.version", "interpreter.version", "host.distribution", "host.glibc", "gpu.module.version",
)  # fmt: skip
#: (folder, the name shown for it), each ending with a slash
Folders = tuple[tuple[str, str], ...]


class Difference(NamedTuple):
    """One thing that is not the same: in `before` and in `after`."""

    group: Group
    name: str
    before: str
    after: str


def between(
    first: Snapshot, first_report: Report, second: Snapshot, second_report: Report
) -> list[Difference]:
    """All differences; those that PyTriton's start depends on most come first."""
    before, after = msgspec.to_builtins(first.facts), msgspec.to_builtins(second.facts)
    facts = _facts(flat(before, "", folders(before)), flat(after, "", folders(after)))
    return [
        *_findings(first_report, second_report),
        *_libraries(before, after),
        *sorted(facts, key=lambda difference: relevance(difference.group, difference.name)),
    ]


def relevance(group: Group, name: str) -> int:
    """The sort key of a fact: the most relevant first."""
    first = name in _FIRST
    return _FIRST.index(name) if first else len(_FIRST) + _ORDER.index(group)


def group_of(name: str) -> Group:
    """The group of a fact, by its name in `flat`."""
    return _GROUPS.get(name.partition(".")[0], "rest")


def _findings(first: Report, second: Report) -> Iterator[Difference]:
    ids = dict.fromkeys(finding.id for report in (first, second) for finding in report.findings)
    for id in ids:
        before, after = _titles(id, first), _titles(id, second)
        if before != after:
            yield Difference("findings", id, before, after)


def _titles(id: str, report: Report) -> str:
    titles = [f"{finding.severity}: {finding.title}" for finding in report.findings if finding.id == id]
    return "; ".join(titles) or ABSENT


def _libraries(first: Plain, second: Plain) -> list[Difference]:
    (before, broken_before), (after, broken_after) = (
        answers((facts["launch"] or {}).get("programs", ()), folders(facts)) for facts in (first, second)
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
        for loaded in program["objects"]:
            if "/" not in loaded["name"]:
                found[program["role"], loaded["name"]] = common(loaded["path"], places)
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
        elif isinstance(part, (list, tuple)) and any(isinstance(item, dict) for item in part):
            for number, inner in enumerate(part):
                walk(inner, f"{name}.{number}")
        elif isinstance(part, (list, tuple)):
            found[name] = common(", ".join(map(str, part)) or ABSENT, places)
        else:
            found[name] = ABSENT if part in (None, "") else common(str(part), places)

    walk(facts, name)
    return found


def folders(facts: Plain) -> Folders:
    """The folders of an environment and the home, with the names shown for them: no difference."""
    interpreter = facts["interpreter"]
    known = [(folder, "SITE-PACKAGES") for folder in interpreter["site_packages"]]
    known += [(interpreter["prefix"], "PREFIX"), (interpreter["base_prefix"], "BASE")]
    known.append((facts["variables"].get("HOME", ""), "~"))
    return tuple(
        (os.path.join(folder, ""), f"{name}/")
        for folder, name in known
        if len(folder) > 1 and folder != "/usr"
    )


def common(text: str, places: Folders) -> str:
    """The text with folders named by their part in the environment."""
    for folder, name in places:
        text = text.replace(folder, name)
    return text


def _facts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old != new:
            yield Difference(group_of(name), name, old, new)
