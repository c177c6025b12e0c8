"""For each library in question: where the loader looked, which file it used, which it did not reach."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Literal, NamedTuple

from tritondoctor.facts.interpreter.model import Program
from tritondoctor.facts.model import Facts
from tritondoctor.support.messages import _, mark

Result = Literal["lost", "won", "hidden", "elsewhere", "none"]
RESULTS: dict[Result, str] = {
    "lost": mark("not there"),
    "won": mark("used"),
    "hidden": mark("hidden"),
    "elsewhere": mark("elsewhere"),
    "none": mark("not found"),
}


class SearchedFolder(NamedTuple):
    """A file or folder in the order of the search; `rule` is what led the loader there."""

    path: str
    rule: str
    result: Result
    why: str


class Contest(NamedTuple):
    """The search for one library by one program; `good`: what the loader found suits it."""

    role: str
    name: str
    places: tuple[SearchedFolder, ...]
    good: bool


def contests(facts: Facts) -> Iterator[Contest]:
    """One for each library that a problem names, and for the libpython of the launch."""
    if facts.launch is None:
        return
    libpython = posixpath.basename(facts.launch.libpython.path) if facts.launch.libpython else ""
    for program in facts.launch.programs:
        names = dict.fromkeys(
            posixpath.basename(problem.provider) or problem.name
            for problem in program.problems
            if problem.name
        )
        if program.role == "stub" and libpython:
            names.setdefault(libpython)
        for name in names:
            places = tuple(_places(program, name, facts))
            if places:
                good = all(
                    name not in (problem.name, posixpath.basename(problem.provider))
                    for problem in program.problems
                )
                yield Contest(program.role, name, places, good)


def _places(program: Program, name: str, facts: Facts) -> Iterator[SearchedFolder]:
    for problem in program.problems:
        if problem.name == name and not problem.provider:
            for attempt in problem.tried:
                yield SearchedFolder(attempt.path, attempt.rule, "lost", attempt.why)
            break
    same_file = [loaded for loaded in program.objects if posixpath.basename(loaded.path) == name]
    won = next(iter([*same_file, *(loaded for loaded in program.objects if loaded.name == name)]), None)
    if won is not None:
        yield SearchedFolder(won.path, won.found_by, "won", _("the first one found"))
    else:
        yield SearchedFolder("–", "", "none", _("not found"))
    seen = {won.path} if won else set()
    others = [(runtime.path, runtime.where) for runtime in facts.runtimes if runtime.soname == name]
    others += [
        (libpython.path, libpython.where)
        for libpython in facts.libpythons
        if posixpath.basename(libpython.path) == name
    ]
    for path, where in others:
        if path not in seen:
            seen.add(path)
            if won:
                yield SearchedFolder(path, where, "hidden", _("never reached"))
            else:
                yield SearchedFolder(path, where, "elsewhere", _("not on these paths"))
