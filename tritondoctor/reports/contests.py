"""For the libraries in question: where the loader looked, what won, and what that hid."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Literal, NamedTuple

from tritondoctor.facts.model import Facts, Program

Result = Literal["lost", "won", "hidden", "elsewhere", "none"]


class SearchedFolder(NamedTuple):
    """A file or folder in the order of the search; `rule` is what led the loader there."""

    path: str
    rule: str
    result: Result
    why: str


class Contest(NamedTuple):
    """The search for one library by one program; `good`: the loader was content with its end."""

    role: str
    name: str
    places: tuple[SearchedFolder, ...]
    good: bool


def contests(facts: Facts) -> Iterator[Contest]:
    """One for each library that a problem names, and for the libpython of the launch."""
    if facts.launch is None:
        return
    core = posixpath.basename(facts.launch.libpython.path) if facts.launch.libpython else ""
    for program in facts.launch.programs:
        names = dict.fromkeys(
            posixpath.basename(problem.provider) or problem.name
            for problem in program.problems
            if problem.name
        )
        if program.role == "stub" and core:
            names.setdefault(core)
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
            yield from (SearchedFolder(one.path, one.rule, "lost", one.why) for one in problem.tried)
            break
    won = next((one for one in program.objects if posixpath.basename(one.path) == name), None)
    won = won or next((one for one in program.objects if one.name == name), None)
    if won is not None:
        yield SearchedFolder(won.path, won.found_by, "won", "the first that was found")
    else:
        yield SearchedFolder("–", "", "none", "found nowhere")
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
                yield SearchedFolder(path, where, "hidden", "never reached")
            else:
                yield SearchedFolder(path, where, "elsewhere", "not on these paths")
