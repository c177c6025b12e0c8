"""What a plan changes in the link maps of the launch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple, Optional

from tritondoctor.facts import Facts
from tritondoctor.facts.interpreter.model import Program

MISSING = "not found"


class LinkMapChange(NamedTuple):
    """One library of one program: where it came from, and where it will come from."""

    role: str
    name: str
    before: str
    after: str
    rule: str


def link_maps(before: Facts, after: Facts) -> list[LinkMapChange]:
    """The libraries that another file answers to, or that were missing."""
    if before.launch is None or after.launch is None:
        return []
    later = {program.role: program for program in after.launch.programs}
    return [
        change
        for program in before.launch.programs
        if program.role in later
        for change in _between(program, later[program.role])
    ]


def _between(before: Program, after: Program) -> Iterator[LinkMapChange]:
    was = {library.name: library.path for library in before.objects}
    lacking = {problem.name for problem in before.problems if problem.kind == "not-found"}
    for library in after.objects:
        path: Optional[str] = MISSING if library.name in lacking else was.get(library.name)
        after_path = os.path.normpath(library.path)
        if path is not None and os.path.normpath(path) != after_path:
            yield LinkMapChange(
                before.role, library.name, os.path.normpath(path), after_path, library.found_by
            )
