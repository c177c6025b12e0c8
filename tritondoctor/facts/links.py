"""Programs of the launch as the loader model runs them, told as facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tritondoctor import loader
from tritondoctor.facts.model import LinkedObject, LinkProblem, Program, Tried


class Running:
    """A modelled process, into which extension modules can be opened one after another."""

    def __init__(self, files: loader.Files, path: str, variables: Mapping[str, str], cwd: str) -> None:
        self.path = path
        self.process = loader.start(path, variables, cwd, files)

    def open(self, path: str, caller: str) -> Sequence[LinkProblem]:
        """dlopen(path) called from the first object whose name starts with `caller`; its problems."""
        by = next((one for one in self.process.objects if one.name.startswith(caller)), None)
        opened, self.process = self.process.opening(path, by)
        return [describe(problem) for problem in opened.problems]

    def program(self, role: str) -> Program:
        """The link map so far."""
        return Program(
            role,
            self.path,
            self.process.loads,
            tuple(
                LinkedObject(one.name, one.path, one.found_by, one.needed_by)
                for one in self.process.objects
            ),
            tuple(describe(problem) for problem in self.process.problems),
        )


def describe(problem: loader.Problem) -> LinkProblem:
    """A problem of the loader model as a fact."""
    return LinkProblem(
        problem.kind,
        problem.name,
        problem.needed_by,
        problem.message,
        problem.version,
        problem.provider,
        tuple(Tried(one.path, one.rule, one.why) for one in problem.tried),
    )
