"""What a module imports beyond its statements: by compiled code, by names that it makes, at first use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Optional

from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.imports.unwritten import (
    CHOSEN_AT_USE,
    CHOSEN_BY_NAME,
    EXPECTED_OR_ABSENT,
    IMPORTED_BY_COMPILED,
    IMPORTED_IF_INSTALLED,
    ONE_OF,
    USED_BY_COMPILED,
    tried_by,
)

if TYPE_CHECKING:
    from tritondoctor.facts.imports.closure import Closure


class FollowUps:
    """Those of one process."""

    def __init__(self, closure: Closure) -> None:
        self._closure = closure

    def of_compiled(self, name: str, path: str) -> Optional[ImportProblem]:
        """The problem of what a compiled module imports."""
        for statement in IMPORTED_BY_COMPILED.get(name, ()):
            problem = self._closure.import_(statement, "", path)
            if problem is not None:
                return problem
        for module, part in USED_BY_COMPILED.get(name, {}).items():
            hiding = self._closure.shadows.of(module)
            if hiding is not None and part not in hiding.names:
                return self._closure.shadowed(hiding, module, [part], path, 0)
        problems = (self._if_installed(module, path) for module in IMPORTED_IF_INSTALLED.get(name, ()))
        return next(filter(None, problems), None)

    def _if_installed(self, module: str, importer: str) -> Optional[ImportProblem]:
        """The problem of a module that only some releases have."""
        package, _, last = module.rpartition(".")
        above = self._closure.finder.find(package) if package else None
        if above is None or not above.folders:
            return None
        path = f"{above.folders[0]}/{last}.py"
        there = self._closure.finder.find(module) or self._closure.recorded.has(module, path)
        return self.chosen(module, importer) if there else None

    def of_any(self, name: str, path: str) -> Optional[ImportProblem]:
        """The problem of what a module imports by names that it makes."""
        problem: Optional[ImportProblem] = None
        for chosen in CHOSEN_BY_NAME.get(name, ()):
            problem = problem or self.chosen(chosen, path)
        for tried in tried_by(name, self._closure.scene.variables):
            failure = self._closure.require(tried, path)
            problem = problem or (failure if failure and failure.ends_it_all else None)
        failures = [self._closure.require(module, path) for module in ONE_OF.get(name, ())]
        if failures and None not in failures:
            problem = problem or failures[0]
        for expected in EXPECTED_OR_ABSENT.get(name, ()):
            failure = self._closure.require(expected, path)
            problem = problem or (failure if failure and failure.kind != "missing" else None)
        return problem

    def chosen(self, name: str, importer: str, line: int = 0) -> Optional[ImportProblem]:
        """The problem of a module of which names are used."""
        problem = self._closure.require(name, importer, line)
        location = self._closure.finder.find(name)
        if problem is not None or location is None:
            return problem
        if location.kind == "namespace":
            return self._closure.empty_modules.without_init(name, location.path, importer, line)
        if self._closure.empty_modules.is_emptied(name, location):
            return self._closure.empty_modules.damage(name, location.path, line, importer)
        return None

    def at_use(self) -> Iterator[tuple[str, str]]:
        """What the imported packages import once they are used, and the files that do so."""
        for package, chosen in CHOSEN_AT_USE.items():
            closure = self._closure
            location = closure.finder.find(package) if package in closure.results else None
            if location is not None:
                variables = closure.scene.variables
                yield from ((name, location.path) for name in chosen if chosen[name] not in variables)
