"""Whether a package has a name by itself, or only as a module that should lie below it and is gone.

`from package import name` takes an attribute of the package, else the module `package.name` (CPython's
Python/ceval.c, `import_from`).  That the package's text has the word is no proof: it may stand in the
very statement that imports the module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Sequence

import msgspec

from tritondoctor.facts.imports.empty_modules import OF_EVERY_MODULE
from tritondoctor.facts.imports.finder import Finder, ModuleLocation
from tritondoctor.facts.imports.module_cache import META_PATH, ModuleCache, puts_module
from tritondoctor.facts.imports.recorded_sizes import RecordedSizes
from tritondoctor.facts.imports.statements import Import, ImportAttempt, Statement
from tritondoctor.facts.imports.syntax import syntax_tree
from tritondoctor.support.patterns import pattern

#: signs of names that are not written (those of module_cache, `_MAKES_NAMES`; enum's `_convert_`), with a
#: package's own __getattr__ (PEP 562) last
_MAKERS = ("globals(", "locals(", "vars(", "exec(", "__path__", "_convert", "__getattr__")
#: … and what needs the module itself as an object, which a text has from one of these
_SETTERS, _REACHED_BY = ("setattr(", "modules[__name__]"), ("sys.modules", "import_module", "__import__")
#: those that are only a part of the word
_PARTS = ("_convert", "setattr(")
#: what looks like a sign, and sets nothing of the module
_OF_OTHERS = ("exec()", "setattr(self", "setattr(cls")
#: … and what of `vars(x)` may be the module's own
_OF_ITSELF = ("vars()", "vars(sys", "vars(_sys", "vars(mod")
#: names that `import *` brings, all of them written down
_ALL = pattern(r"__all__ \+?= (?:[(\[][\s\w'\",.#]*[)\]]|(?:'\w+',? *|\"\w+\",? *)+)(?=\s*(?:\n|\Z))")
#: packages that take names from a module in a way of their own (multiprocessing/__init__.py)
_TAKES_NAMES_OF = {"multiprocessing": "multiprocessing.context"}
#: signs that a __getattr__ does not say by its text which names it gives
_FORWARDS = ("getattr(", "import_module", "__import__")


class _Bindings(msgspec.Struct, frozen=True):
    """The names that a text binds but by imports from the package itself, and what it imports all of."""

    names: frozenset[str]
    stars: tuple[str, ...]


class _Maker(msgspec.Struct, frozen=True):
    """A place in a text that gives names which are not written; without `any_name` only quoted ones."""

    line: int
    any_name: bool


class PackageNames:
    """The packages of one process; `recorded` says what was installed."""

    def __init__(self, finder: Finder, recorded: RecordedSizes) -> None:
        self._finder = finder
        self._recorded = recorded
        self._changed: Container[str] = recorded.changed
        self._sources: ModuleCache = finder.sources
        self._given: dict[tuple[str, str, bool], bool] = {}
        self._bound: dict[str, _Bindings] = {}
        self._imported: dict[str, _Bindings] = {}
        self._makers: dict[str, list[_Maker]] = {}
        self._compiled: dict[str, frozenset[str]] = {}

    def lacks(self, package: str, location: ModuleLocation, name: str, importer: str, line: int) -> bool:
        """Whether the package surely has no such name, for a statement in line `line` of `importer`.

        That there is no module below it of this name is known before.
        """
        if self._sources.lacks(location.path, name):
            return True
        if name[:2] == "__":
            return name not in OF_EVERY_MODULE and self._sources.is_empty(location.path)
        # plain modules: where two versions may meet, of distributions or of files in one of them;
        # everywhere it would cost too much
        met = location.kind == "source" and f"/{package.partition('.')[0]}/" not in importer
        met = met and "-packages/" in location.path
        met = met or importer in self._changed or location.path in self._changed
        if not (met or location.kind == "package"):
            return False
        own = importer == location.path
        key = (location.path, name, own)
        if key not in self._given:
            self._given[key] = self._gives(package, location, name, line if own else 0)
        return not self._given[key]

    def has_not(self, path: str, name: str) -> bool:
        """Whether a file surely has no such name; one that is not as it was installed, where it does not
        bind it.
        """
        if self._sources.lacks(path, name):
            return True
        try:
            return path in self._changed and not _is_of_module(self._sources.text(path), name)
        except (OSError, ValueError, SyntaxError, RecursionError):
            return False

    def _gives(self, package: str, location: ModuleLocation, name: str, line: int) -> bool:
        """Whether the package may have the name, in its own line `line` (0: once it is imported)."""
        path = location.path
        try:
            text = self._sources.text(path)
            # in a file that was changed it may be a class's
            of_class = path in self._changed and not _is_of_module(text, name)
            if _stands_plainly(text, name) and not of_class:
                return True
            imported = self._by_statements(package, path)
            # what is imported may be called otherwise, which only the whole text tells
            if name in imported.names and f"{name} as " not in text:
                return True
            may_be_made = self._made(package, name, path, text, line)
            if may_be_made or (not line and self._by_stars(imported.stars, name)):
                return not self._was_a_module(package, location, name)
            bound = self._bindings(package, path, text)
        except (OSError, ValueError, SyntaxError, RecursionError):
            return True
        # a package that imports a name from itself means the module
        return (name in bound.names and not of_class) or (not line and self._by_stars(bound.stars, name))

    def _was_a_module(self, package: str, location: ModuleLocation, name: str) -> bool:
        """Whether a module of that name was installed, or was once compiled: it is meant, and gone."""
        if not location.folders:
            return False
        folder = location.folders[0]
        if folder not in self._compiled:
            compiled = self._sources.names(f"{folder}/__pycache__")
            self._compiled[folder] = frozenset(file.partition(".")[0] for file in compiled)
        return name in self._compiled[folder] or self._recorded.has(
            f"{package}.{name}", f"{folder}/{name}.py"
        )

    def _made(self, package: str, name: str, path: str, text: str, line: int) -> bool:
        """Whether the name may come without being written; what stands below the line does not count."""
        known = self._makers.get(path)
        if known is None:
            known = self._makers[path] = _makers(text)
        at_hand = [maker for maker in known if not line or maker.line <= line]
        giver = self._finder.find(_TAKES_NAMES_OF.get(package, "")) if at_hand else None
        if giver is not None:
            return _stands_plainly(self._sources.text(giver.path), name)
        if any(maker.any_name for maker in at_hand) or (at_hand and _is_quoted(text, name)):
            return True
        if "sys.modules" not in text:
            return False
        above = "\n".join(text.split("\n", line - 1)[:-1]) if line else text
        return puts_module(above, f"{package}.{name}")

    def _by_statements(self, package: str, path: str) -> _Bindings:
        """What its import statements take from other modules, as far as those are sure to be executed."""
        if path not in self._imported:
            statements = [*_flat(self._sources.statements(path, False, False, package))]
            origins = [(_origin(package, path, statement), statement.names) for statement in statements]
            names = (name for origin, taken in origins if origin != package for name in taken)
            stars = (origin for origin, taken in origins if "*" in taken)
            self._imported[path] = _Bindings(frozenset(names), tuple(stars))
        return self._imported[path]

    def _bindings(self, package: str, path: str, text: str) -> _Bindings:
        if path not in self._bound:
            names: set[str] = set()
            stars: list[str] = []
            for node in ast.walk(syntax_tree(text)):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.add(node.id)
                elif isinstance(node, ast.Import):
                    names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    origin = _origin(package, path, Import(node.module or "", (), node.level, 0))
                    stars += [origin for alias in node.names if alias.name == "*"]
                    names |= {
                        alias.asname or alias.name for alias in node.names
                        if origin != package or (alias.asname or alias.name) != alias.name
                    }  # fmt: skip
                elif not isinstance(node, ast.alias):  # functions, classes, handlers, patterns
                    names.update(filter(None, [getattr(node, "name", None)]))
            self._bound[path] = _Bindings(frozenset(names), tuple(stars))
        return self._bound[path]

    def _by_stars(self, modules: tuple[str, ...], name: str) -> bool:
        return any(self._by_star(star, name, quickly) for quickly in (True, False) for star in modules)

    def _by_star(self, module: str, name: str, quickly: bool) -> bool:
        """Whether `from module import *` may bring the name; `quickly`: whether its text says so."""
        location = self._finder.find(module)
        if location is None or location.kind not in ("package", "source"):
            return True
        try:
            text = self._sources.text(location.path)
        except (OSError, UnicodeError):
            return True
        if quickly:
            return _is_quoted(text, name)
        if _lists_all(text):
            return False
        # a list that is made (`extend_all` of numpy._core.numeric) may have any name
        public = name[:1] != "_" or text.count("__all__") > 1
        return public and not self._sources.lacks(location.path, name)


def _stands_plainly(text: str, name: str) -> bool:
    """Whether a line binds the name in one of the usual ways, which is quickly seen."""
    place = text.find(name)
    while place >= 0:
        before, after = text[max(place - 6, 0) : place], text[place + len(name) : place + len(name) + 2]
        if after == " =" and before[-1:] in ("\n", " ", ""):
            return True
        if before.endswith(" as ") or (after[:1] == ":" and before[-1:] in ("\n", "")):
            return True
        if after[:1] in ("(", ":") and before.endswith(("def ", "class ")):
            return True
        place = text.find(name, place + 1)
    return False


def _is_of_module(text: str, name: str) -> bool:
    """Whether a text binds the name outside of classes and functions.  Raises SyntaxError."""
    waiting: list[ast.AST] = [syntax_tree(text)]
    while waiting:
        node = waiting.pop()
        inner = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        if name in (
            getattr(node, "name", None),
            getattr(node, "id", None),
            getattr(node, "asname", None),
        ):
            return True
        waiting += () if inner else ast.iter_child_nodes(node)
    return False


def _lists_all(text: str) -> bool:
    """Whether a module writes down every name that `import *` takes from it."""
    place = text.find("__all__")
    listed = place >= 0
    while listed and place >= 0:
        listed = _ALL.match(text, place) is not None
        place = text.find("__all__", place + 1)
    return listed


def _is_quoted(text: str, name: str) -> bool:
    return f'"{name}"' in text or f"'{name}'" in text


def _makers(text: str) -> list[_Maker]:
    forwards = any(sign in text.replace("__getattr__(", "") for sign in _FORWARDS)
    reached = any(way in text for way in _REACHED_BY)
    found = [_Maker(_line_at(text, place.start()), True) for place in re.finditer(META_PATH, text)]
    for sign in (*_SETTERS, *_MAKERS) if reached else _MAKERS:
        place = text.find(sign)
        while place >= 0:
            before, behind = text[place - 1 : place], text[place : place + 16]
            own = text[place - 4 : place] == "def " and "(self" not in behind
            if sign == "__getattr__":
                counts = own or "(" not in behind
            else:
                counts = sign in _PARTS or not place or not (before.isalnum() or before in "._")
                counts = counts and (sign != "vars(" or behind.startswith(_OF_ITSELF))
            if counts and not behind.startswith(_OF_OTHERS):
                any_name = sign != "__getattr__" or not own or forwards
                found.append(_Maker(_line_at(text, place), any_name))
            place = text.find(sign, place + 1)
    return found


def _line_at(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _origin(module: str, path: str, statement: Import) -> str:
    """The module that a statement in the file of a module imports from."""
    if not statement.level:
        return statement.module
    own = path.endswith("/__init__.py")
    above = module.split(".")
    above = above[: len(above) - statement.level + own]
    return ".".join([*above, statement.module] if statement.module else above)


def _flat(statements: Sequence[Statement]) -> Iterator[Import]:
    for statement in statements:
        if isinstance(statement, ImportAttempt):
            for part in (statement.body, statement.handlers or (), statement.otherwise):
                yield from _flat(part)
        else:
            yield statement
