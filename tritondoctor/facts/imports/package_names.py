"""Whether a package has a name by itself, or only as a module that should lie below it and is gone.

`from package import name` takes an attribute of the package, else the module `package.name` (CPython's
Python/ceval.c, `import_from`).  That the package's text has the word is no proof: it may stand in the
very statement that imports the module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tritondoctor.facts.imports.finder import Finder, ModuleLocation
from tritondoctor.facts.imports.module_cache import MAKES_NAMES, ModuleCache
from tritondoctor.facts.imports.statements import Import, ImportAttempt, Statement, syntax_tree

_MAKES_NAMES = re.compile(MAKES_NAMES)
#: a package's own __getattr__ (PEP 562), and signs that its text does not say which names it gives
_OWN_GETATTR = re.compile(r"def __getattr__\((?!self\b)")
_FORWARDS = re.compile(r"(?<!__)getattr\(|import_module|__import__|__getattr__(?: *[=,])")


class _Bindings(NamedTuple):
    """The names that a text binds but by imports from the package itself, and what it imports all of."""

    names: frozenset[str]
    stars: tuple[str, ...]


class PackageNames:
    """The packages of one process."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._sources: ModuleCache = finder.sources
        self._given: dict[tuple[str, str, bool], bool] = {}
        self._bound: dict[str, _Bindings] = {}
        self._makers: dict[str, tuple[tuple[int, bool], ...]] = {}
        self._imported: dict[str, frozenset[str]] = {}

    def lacks(self, package: str, location: ModuleLocation, name: str, importer: str, line: int) -> bool:
        """Whether the package surely has no such name, for a statement in line `line` of `importer`.

        That there is no module below it of this name is known before.
        """
        if self._sources.lacks(location.path, name):
            return True
        if location.kind != "package":
            return False
        own = importer == location.path
        key = (location.path, name, own)
        if key not in self._given:
            self._given[key] = self._gives(package, location.path, name, line if own else 0)
        return not self._given[key]

    def _gives(self, package: str, path: str, name: str, line: int) -> bool:
        """Whether the package may have the name, in its own line `line` (0: once it is imported)."""
        try:
            text = self._sources.text(path)
            if _stands_plainly(text, name) or name in self._by_import(package, path):
                return True
            if self._made(package, name, path, text, line):
                return True
            bound = self._bindings(package, path, text)
        except (OSError, ValueError, SyntaxError, RecursionError):
            return True
        if line:  # a package that imports a name from itself means the module
            return name in bound.names
        return name in bound.names or any(self._by_star(star, name) for star in bound.stars)

    def _made(self, package: str, name: str, path: str, text: str, line: int) -> bool:
        """Whether the name may come without being written; what stands below the line does not count."""
        quoted = f'"{name}"' in text or f"'{name}'" in text
        for above, certain in self._makers_in(path, text):
            if line and above >= line:
                break
            if quoted or certain:
                return True
        return "sys.modules" in text and self._sources.makes_modules(path, f"{package}.{name}")

    def _makers_in(self, path: str, text: str) -> tuple[tuple[int, bool], ...]:
        """What makes names in a text: the lines above each, and whether it may make any name."""
        if path not in self._makers:
            found = [
                (made.start(), _OWN_GETATTR.match(made.group())) for made in _MAKES_NAMES.finditer(text)
            ]
            forwards = bool(found) and _FORWARDS.search(text) is not None
            self._makers[path] = tuple(
                (text.count("\n", 0, start), forwards or own is None) for start, own in found
            )
        return self._makers[path]

    def _by_import(self, package: str, path: str) -> frozenset[str]:
        """The names that its statements take from other modules."""
        if path not in self._imported:
            statements = self._sources.statements(path, False, False, package)
            self._imported[path] = frozenset(
                name
                for statement in _flat(statements) if _origin(package, statement) != package
                for name in statement.names
            )  # fmt: skip
        return self._imported[path]

    def _bindings(self, package: str, path: str, text: str) -> _Bindings:
        if path not in self._bound:
            names: set[str] = set()
            stars: list[str] = []
            for node in ast.walk(syntax_tree(text)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    names.add(node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.add(node.id)
                elif isinstance(node, ast.ExceptHandler) and node.name:
                    names.add(node.name)
                elif isinstance(node, ast.Import):
                    names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    origin = _origin(package, Import(node.module or "", (), node.level, 0))
                    stars += [origin for alias in node.names if alias.name == "*"]
                    names |= {
                        alias.asname or alias.name for alias in node.names
                        if origin != package or (alias.asname or alias.name) != alias.name
                    }  # fmt: skip
            self._bound[path] = _Bindings(frozenset(names), tuple(stars))
        return self._bound[path]

    def _by_star(self, module: str, name: str) -> bool:
        """Whether `from module import *` may bring the name."""
        location = self._finder.find(module)
        if location is None or location.kind not in ("package", "source"):
            return True
        try:
            text = self._sources.text(location.path)
        except (OSError, UnicodeError):
            return True
        if f'"{name}"' in text or f"'{name}'" in text:
            return True
        return name[:1] != "_" and not self._sources.lacks(location.path, name)


def _stands_plainly(text: str, name: str) -> bool:
    """Whether a line binds the name in one of the usual ways, which is quickly seen."""
    return any(start in text for start in (f"\n{name} =", f"\ndef {name}(", f"\nclass {name}"))


def _origin(package: str, statement: Import) -> str:
    """The module that a statement in a package's `__init__` imports from."""
    if not statement.level:
        return statement.module
    above = package.split(".")
    above = above[: len(above) - statement.level + 1]
    return ".".join([*above, statement.module] if statement.module else above)


def _flat(statements: Sequence[Statement]) -> Iterator[Import]:
    for statement in statements:
        if isinstance(statement, ImportAttempt):
            for part in (statement.body, statement.handlers or (), statement.otherwise):
                yield from _flat(part)
        else:
            yield statement
