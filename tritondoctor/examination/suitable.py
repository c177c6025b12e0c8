"""Which programs of PyTriton's launch would be content with another file of a library."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from tritondoctor.facts.interpreter.model import Program
from tritondoctor.facts.launch.model import Launch
from tritondoctor.facts.model import Facts

#: (library's name, version) -> what an object at a path needs
Needs = Callable[[str], Collection[tuple[str, str]]]


class Suitability(NamedTuple):
    """A program, and the versions that it needs and a file does not define; none: it is content."""

    role: str
    missing: tuple[str, ...]


def suitability(facts: Facts, soname: str, defined: Collection[str], needs: Needs) -> list[Suitability]:
    """One for each program of the launch that loads a library of that name, or would."""
    if facts.launch is None:
        return []
    found = []
    for program in facts.launch.programs:
        versions = {
            version for path in _files(program, facts, facts.launch) for library, version in needs(path)
            if library == soname
        }  # fmt: skip
        named = any(loaded.name == soname for loaded in program.objects)
        if versions or named or any(problem.name == soname for problem in program.problems):
            found.append(Suitability(program.role, tuple(sorted(versions - set(defined)))))
    return found


def _files(program: Program, facts: Facts, launch: Launch) -> Iterator[str]:
    """Where the program's objects lie now: PyTriton copies the server only when it starts."""
    for path in (program.path, *(loaded.path for loaded in program.objects)):
        _home, copied, rest = path.partition("/workspace_XXXXXXXX/tritonserver/")
        if not copied:
            yield path
        elif os.path.basename(path) == "triton_python_backend_stub":
            yield launch.stub or path
        elif facts.pytriton is not None:
            yield os.path.join(facts.pytriton.package, "tritonserver", rest)
