"""Modules in which nothing stands: a file of which no byte is left, a folder without its `__init__`.

Python imports both without a word; what fails is the first use of a name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Optional

from tritondoctor.facts.imports.finder import Finder, ModuleLocation
from tritondoctor.facts.imports.model import ImportProblem, ImportReason
from tritondoctor.facts.imports.recorded_sizes import RecordedSizes
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.facts.imports.shadows import NOT_CALLED
from tritondoctor.facts.imports.statements import Import
from tritondoctor.facts.imports.uses import names_at_import

#: questions about one text that are answered by a search each
_FEW = 16
#: parts of a dotted name that are looked at
_DEEPEST = 12
_ALIAS = re.compile(r"(?<![\w.])([\w.]+) as (\w+)")
_DOTTED = re.compile(r"(?<![\w.])\w+(?:\.\w+)+")
#: what a module has though nothing stands in it (importlib's _init_module_attrs), and what is no name
OF_EVERY_MODULE = frozenset(
    ("*", "__builtins__", "__cached__", "__dict__", "__doc__", "__file__", "__loader__", "__name__",
     "__package__", "__path__", "__spec__")
)  # fmt: skip


class UsedNames:
    """The dotted names in a text: searched for few questions, looked through once for many."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._questions = 0

    def below(self, name: str, local: str) -> set[str]:
        """What is taken from the module `name`, which the text calls `local` or by an alias."""
        self._questions += 1
        names = {local, *self.aliases(name), *self.aliases(local)}
        if self._questions <= _FEW:
            called = "|".join(map(re.escape, names))
            return {*re.findall(rf"(?<![\w.])(?:{called})\.(\w+)", self._text)}
        return set().union(*(self._parts.get(called, ()) for called in names))

    def aliases(self, name: str) -> set[str]:
        """What `import name as …` calls a module."""
        return self._aliases.get(name, set())

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        aliases: dict[str, set[str]] = {}
        for name, alias in _ALIAS.findall(self._text):
            aliases.setdefault(name, set()).add(alias)
        return aliases

    @cached_property
    def _parts(self) -> dict[str, set[str]]:
        """Of each dotted name what follows its beginnings."""
        parts: dict[str, set[str]] = {}
        for dotted in {*_DOTTED.findall(self._text)}:
            words = dotted.split(".", _DEEPEST)[:_DEEPEST]
            for count in range(1, len(words)):
                parts.setdefault(".".join(words[:count]), set()).add(words[count])
        return parts


class EmptyModules:
    """Judges the imports of one process by what the importing files use."""

    def __init__(self, scene: Scene, finder: Finder, recorded: RecordedSizes) -> None:
        self._scene, self._sources, self._finder = scene, scene.sources, finder
        self._recorded = recorded
        self._used: dict[str, UsedNames] = {}

    def problem(
        self, name: str, location: ModuleLocation, statement: Import, importer: str
    ) -> Optional[ImportProblem]:
        """The problem of importing the module, if it is one of these and lacks a name that is used."""
        if not self._is_empty(location):
            return None
        if location.kind == "namespace" and "*" in statement.names:
            return self.without_init(name, location.path, importer, statement.line)
        return self._with_names(name, name, location, statement, importer)

    def problem_of_child(
        self, package: str, child: str, location: ModuleLocation, line: int, importer: str
    ) -> Optional[ImportProblem]:
        """… of `from package import child`, where the child is the module."""
        if not self._is_empty(location):
            return None
        statement = Import(f"{package}.{child}", (), 0, line)
        return self._with_names(f"{package}.{child}", child, location, statement, importer)

    def without_init(self, name: str, folder: str, importer: str, line: int) -> ImportProblem:
        """The problem of a package's folder that Python takes for an empty one."""
        reason: ImportReason = "" if folder in self._sources.files.denied else "no-init"
        return ImportProblem(name, "missing", importer, line, reason=reason, at=folder)

    def is_emptied(self, name: str, location: ModuleLocation) -> bool:
        """Whether the module's file had something in it when it was installed, and has nothing now."""
        if location.kind == "namespace" or not self._is_empty(location):
            return False
        return self._recorded.had_more(name, location.path, 0)

    def damage(
        self, name: str, path: str, line: int, importer: str, names: Sequence[str] = ()
    ) -> ImportProblem:
        """The problem of a file of which no byte is left; `names` are those that a statement wants from
        it, or that no import uses.
        """
        return ImportProblem(
            name, "damaged", importer, line, path=path, reason="empty", at=path, names=(*names,)
        )

    def _is_empty(self, location: ModuleLocation) -> bool:
        """Whether the module has nothing in it."""
        of_text = location.kind in ("package", "source")
        return location.kind == "namespace" or (of_text and self._sources.is_empty(location.path))

    def _mentioned(self, name: str, local: str, importer: str, text: str) -> bool:
        """Whether a text has a name of the module that is no module below it, which costs less than to
        parse it; `local` is what the text calls the module.
        """
        parts = self._names_of(importer, text).below(name, local)
        return any(self._finder.find(f"{name}.{part}") is None for part in parts - OF_EVERY_MODULE)

    def _names_of(self, importer: str, text: str) -> UsedNames:
        if importer not in self._used:
            self._used[importer] = UsedNames(text)
        return self._used[importer]

    def _called(self, name: str, local: str, importer: str, text: str) -> set[str]:
        """What a text calls the module."""
        used = self._names_of(importer, text)
        return {local, *used.aliases(name), *used.aliases(local)}

    def _with_names(
        self, name: str, local: str, location: ModuleLocation, statement: Import, importer: str
    ) -> Optional[ImportProblem]:
        """The problem of a module that has nothing in it, where the importing file uses a name of it: a
        folder whose `__init__` is gone or that may not be listed, a file of which no byte is left.
        """
        try:
            text = self._sources.text(importer) if importer and not statement.names else ""
        except (OSError, UnicodeError):
            text = ""
        emptied = location.kind != "namespace"
        if emptied and not self._mentioned(name, local, importer, text):
            return None
        names = self._called(name, local, importer, text)
        at_import: set[str] = set().union(*(names_at_import(text, called) for called in names))
        used = {*statement.names} or {*at_import}
        runs = self._scene.called(importer) or "/pytriton/" in importer
        if name not in NOT_CALLED and (runs or self.is_emptied(name, location)):
            called = "|".join(map(re.escape, names))
            used |= {*re.findall(rf"(?<![\w.'\"])(?:{called})\.(\w+)", text)}
        lacking = [part for part in sorted(used) if part not in OF_EVERY_MODULE]
        lacking = [part for part in lacking if self._finder.find(f"{name}.{part}") is None]
        if not lacking:
            return None
        where = location.path
        if emptied:
            at_once = not statement.names and at_import.intersection(lacking)
            return self.damage(name, where, statement.line, importer, () if at_once else lacking)
        if os.path.dirname(importer) in location.folders:  # it never had an __init__: the model's folder
            return ImportProblem(f"{name}.{lacking[0]}", "missing", importer, statement.line)
        return self.without_init(name, where, importer, statement.line)
