"""How a link map is told: the object that `--json` prints, and a tree in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..loader.linkmap import LoadedProcess
from ..loader.model import LoadedObject, Problem
from ..loader.search import Candidate
from ..privacy.printable import as_line


def programs_json(programs: Iterable[tuple[str, LoadedProcess]]) -> dict[str, Any]:
    """{"programs": [{"program", "loads", "objects": […], "problems": […], "warnings": […]}]}.

    An object is {"name", "path", "found_by", "needed_by"}; a problem or warning is {"kind", "name",
    "needed_by", "message", "version", "provider", "tried": [{"path", "rule", "why"}]}, without the
    fields that say nothing.
    """
    return {"programs": [_program_json(path, process) for path, process in programs]}


def _program_json(path: str, process: LoadedProcess) -> dict[str, Any]:
    return {
        "program": path,
        "loads": process.loads,
        "objects": [
            {
                "name": one.name,
                "path": one.path,
                "found_by": one.found_by,
                "needed_by": one.needed_by,
            }
            for one in process.objects
        ],
        "problems": [problem_json(problem) for problem in process.problems],
        "warnings": [problem_json(warning) for warning in process.warnings],
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem, without the fields that say nothing."""
    told: dict[str, Any] = {
        "kind": problem.kind,
        "name": problem.name,
        "needed_by": problem.needed_by,
        "message": problem.message,
        "version": problem.version,
        "provider": problem.provider,
        "tried": [{"path": one.path, "rule": one.rule, "why": one.why} for one in problem.tried],
    }
    return {key: value for key, value in told.items() if value or key in ("kind", "name")}


def tree_text(process: LoadedProcess, width: int = 80) -> str:
    """The objects, each below the one that asked for it first, with the rule that found it; then
    what failed, with every place tried, in order, and why it lost.

    Paths are cut in the middle where a line would be longer than `width`; the loader's messages
    never.
    """
    verdict = "loads" if process.loads else "does not load"
    lines = [f"{process.program}: {verdict}"]
    children: dict[str, list[LoadedObject | Problem]] = {}
    listed: list[LoadedObject | Problem] = [*process.objects, *_missing(process.problems)]
    for each in listed:
        children.setdefault(each.needed_by, []).append(each)
    top = [one for key in ("LD_PRELOAD", process.program) for one in children.pop(key, ())]
    lines += _branches(top, children, "", width)
    rest = [one for some in list(children.values()) for one in some]
    lines += _branches(rest, {}, "", width) if children else []
    for problem in process.problems:
        lines += ["", *_told(problem, width)]
    if process.warnings:
        lines += ["", "Warnings:"]
        lines += [f"  {warning.message}" for warning in process.warnings]
    return "\n".join(map(as_line, lines)) + "\n"


def _missing(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.kind in ("not-found", "bad-file")]


def _branches(
    items: Sequence[LoadedObject | Problem],
    children: dict[str, list[LoadedObject | Problem]],
    indent: str,
    width: int,
) -> list[str]:
    lines = []
    for index, item in enumerate(items):
        last = index == len(items) - 1
        head = indent + ("└── " if last else "├── ")
        if isinstance(item, Problem):
            state = "not found" if item.kind == "not-found" else "cannot be used"
            lines.append(f"{head}{item.name} => {state}")
            continue
        tail = f" [{item.found_by}]"
        name = "" if item.name == item.path else f"{item.name} => "
        room = width - len(head) - len(name) - len(tail)
        lines.append(f"{head}{name}{shorten(item.path, room)}{tail}")
        below = children.pop(item.path, [])
        lines += _branches(below, children, indent + ("    " if last else "│   "), width)
    return lines


def _told(problem: Problem, width: int) -> list[str]:
    lines = [problem.message]
    if problem.needed_by:
        lines.append(f"  needed by {problem.needed_by}")
    if problem.tried:
        lines.append("  tried, in this order:")
    rules = max((len(one.rule) for one in problem.tried), default=0)
    for number, one in enumerate(problem.tried, 1):
        lines.append(_attempt(number, one, rules, width))
    return lines


def _attempt(number: int, candidate: Candidate, rules: int, width: int) -> str:
    head, tail = f"  {number:3}. {candidate.rule:<{rules}}  ", f": {candidate.why}"
    return f"{head}{shorten(candidate.path, width - len(head) - len(tail))}{tail}"


def shorten(path: str, room: int) -> str:
    """The path, its middle left out where it is longer than `room` (of at least 24 characters)."""
    room = max(room, 24)
    if len(path) <= room:
        return path
    keep = room - 1
    front = keep // 3
    return f"{path[:front]}…{path[len(path) - (keep - front) :]}"
