"""A link map as the object that `--json` prints, and as a tree in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..loader.linkmap import LoadedProcess
from ..loader.model import LoadedObject, Problem
from ..loader.tried import Candidate
from ..privacy.printable import as_line
from ..support.messages import _, shown


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
                "name": loaded.name,
                "path": loaded.path,
                "found_by": loaded.found_by,
                "needed_by": loaded.needed_by,
            }
            for loaded in process.objects
        ],
        "problems": [problem_json(problem) for problem in process.problems],
        "warnings": [problem_json(warning) for warning in process.warnings],
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem, without the fields that say nothing."""
    fields: dict[str, Any] = {
        "kind": problem.kind,
        "name": problem.name,
        "needed_by": problem.needed_by,
        "message": problem.message,
        "version": problem.version,
        "provider": problem.provider,
        "tried": [
            {"path": candidate.path, "rule": candidate.rule, "why": candidate.why}
            for candidate in problem.tried
        ],
    }
    return {key: value for key, value in fields.items() if value or key in ("kind", "name")}


def tree_text(process: LoadedProcess, width: int = 80) -> str:
    """The objects, each below the first that needs it, with the rule that found it; then what
    failed, with every place tried, in order, and why it was not used.

    Paths are cut in the middle where a line would be longer than `width`; the loader's messages
    never.
    """
    lines = [head(process)]
    children: dict[str, list[LoadedObject | Problem]] = {}
    listed: list[LoadedObject | Problem] = [*process.objects, *_missing(process.problems)]
    for each in listed:
        children.setdefault(each.needed_by, []).append(each)
    top = [child for key in ("LD_PRELOAD", process.program) for child in children.pop(key, ())]
    lines += _branches(top, children, "", width)
    rest = [child for siblings in list(children.values()) for child in siblings]
    lines += _branches(rest, {}, "", width) if children else []
    for problem in process.problems:
        lines += ["", *_problem_lines(problem, width)]
    if process.warnings:
        lines += ["", _("Warnings:")]
        lines += [f"  {warning.message}" for warning in process.warnings]
    return "\n".join(map(as_line, lines)) + "\n"


def texts(programs: Iterable[tuple[str, LoadedProcess]]) -> Iterator[str]:
    """All that the trees of these programs quote."""
    for path, process in programs:
        yield path
        yield process.program
        for loaded in process.objects:
            yield from (loaded.name, loaded.path, loaded.needed_by)
        for problem in (*process.problems, *process.warnings):
            yield from (problem.name, problem.needed_by, problem.message, problem.provider)
            yield from (candidate.path for candidate in problem.tried)


def head(process: LoadedProcess) -> str:
    """Whether a program loads."""
    if process.loads:
        return _("{program}: loads", program=process.program)
    return _("{program}: does not load", program=process.program)


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
            state = _("not found") if item.kind == "not-found" else _("cannot be used")
            lines.append(f"{head}{item.name} => {state}")
            continue
        tail = f" [{item.found_by}]"
        name = "" if item.name == item.path else f"{item.name} => "
        room = width - len(head) - len(name) - len(tail)
        lines.append(f"{head}{name}{shorten(item.path, room)}{tail}")
        below = children.pop(item.path, [])
        lines += _branches(below, children, indent + ("    " if last else "│   "), width)
    return lines


def _problem_lines(problem: Problem, width: int) -> list[str]:
    lines = [problem.message]
    if problem.needed_by:
        lines.append(f"  {_('needed by {path}', path=problem.needed_by)}")
    if problem.tried:
        lines.append(f"  {_('tried, in this order:')}")
    rules = max((len(candidate.rule) for candidate in problem.tried), default=0)
    for number, candidate in enumerate(problem.tried, 1):
        lines.append(_attempt(number, candidate, rules, width))
    return lines


def _attempt(number: int, candidate: Candidate, rules: int, width: int) -> str:
    head, tail = f"  {number:3}. {candidate.rule:<{rules}}  ", f": {shown(candidate.why)}"
    return f"{head}{shorten(candidate.path, width - len(head) - len(tail))}{tail}"


def shorten(path: str, room: int) -> str:
    """The path, its middle left out where it is longer than `room` (of at least 24 characters)."""
    room = max(room, 24)
    if len(path) <= room:
        return path
    keep = room - 1
    front = keep // 3
    return f"{path[:front]}…{path[len(path) - (keep - front) :]}"
