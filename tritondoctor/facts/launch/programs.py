"""Programs of the launch as the loader model runs them, as facts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Optional

from tritondoctor import loader
from tritondoctor.facts.interpreter.model import LinkedObject, LinkProblem, Program, SearchedPath
from tritondoctor.loader.symbols import dynamic_symbols


class Running:
    """A modelled process, into which extension modules can be opened one after another."""

    def __init__(self, files: loader.Files, path: str, variables: Mapping[str, str], cwd: str) -> None:
        self.path = path
        self.files = files
        self.cwd = cwd
        self.process = loader.start(path, variables, cwd, files)
        self._exported: Optional[frozenset[str]] = None
        self._callers: dict[str, loader.LoadedObject] = {}

    def compare_symbols(self, libpython: str) -> None:
        """From now on, check that extension modules find their C API in this libpython.

        They are loaded with RTLD_NOW; one that was built for another release may ask for a function
        that this libpython does not have.
        """
        self._exported = self._names_in(libpython)

    def open(self, path: str, caller: str) -> Sequence[LinkProblem]:
        """dlopen(path) called from the first object whose name starts with `caller`; its problems."""
        opened, self.process = self.process.opening(path, self._first(caller))
        problems = [describe(problem) for problem in opened.problems]
        return problems or self._unresolved(path)

    def undefined(self, path: str) -> str:
        """What the loader says of a function of Python's that an extension module asks for, and that this
        process does not have; "" where it has them all.
        """
        if self._exported is None:
            of_python = (item.path for item in self.process.objects if item.name.startswith("libpython"))
            self._exported = self._names_in(next(of_python, self.path))
        return next((problem.message for problem in self._unresolved(path)), "")

    def _names_in(self, path: str) -> frozenset[str]:
        symbols = dynamic_symbols(self.files, path)
        return frozenset(symbol.name for symbol in symbols if symbol.defined)

    def _first(self, beginning: str) -> Optional[loader.LoadedObject]:
        """The first object whose name begins so; it stays the first, since others come behind it."""
        if beginning not in self._callers:
            objects = self.process.objects
            found = next((item for item in objects if item.name.startswith(beginning)), None)
            if found is None:
                return None
            self._callers[beginning] = found
        return self._callers[beginning]

    def _unresolved(self, path: str) -> list[LinkProblem]:
        if self._exported is None or not path.endswith(".so"):
            return []
        for symbol in dynamic_symbols(self.files, os.path.join(self.cwd, path)):
            api = symbol.name.startswith(("Py", "_Py"))
            if api and not symbol.defined and not symbol.weak and symbol.name not in self._exported:
                message = f"{path}: undefined symbol: {symbol.name}"
                return [LinkProblem("undefined", symbol.name, path, message)]
        return []

    def program(self, role: str) -> Program:
        """The link map so far."""
        return Program(
            role,
            self.path,
            self.process.loads,
            tuple(
                LinkedObject(item.name, item.path, item.found_by, item.needed_by)
                for item in self.process.objects
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
        tuple(SearchedPath(place.path, place.rule, place.why) for place in problem.tried),
    )
