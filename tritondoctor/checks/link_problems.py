"""What keeps the launch's programs and compiled modules from being loaded."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.facts.interpreter.model import LinkProblem
from tritondoctor.facts.model import Facts


def problems_of(facts: Facts) -> Iterator[LinkProblem]:
    """Yield every problem of every link map of the launch."""
    if facts.launch is None:
        return
    for program in facts.launch.programs:
        yield from program.problems
    for closure in facts.launch.imports:
        for problem in closure.problems:
            yield from problem.link
