"""The names in a module's text: from which module each was imported, and which are constants."""

from __future__ import annotations

import ast
import builtins
import copy
import itertools
from collections.abc import Mapping
from typing import TypeVar, Union, cast

from tritondoctor.facts.imports.syntax import text_of

_Node = TypeVar("_Node", bound=ast.AST)
#: what doubles with each statement (a = (a, a); b = b[b]) is followed so far: parts of a constant,
#: letters of an alias, names of a module that are replaced
_MOST_PARTS, _LONGEST, _MOST_NAMES = 100, 200, 10_000


class Names:
    """What the names of one module stand for, as far as its statements were seen."""

    def __init__(self) -> None:
        self.imported = {"__builtins__", "builtins"}
        self.aliases = {"__builtins__": "builtins"}
        self.constants: dict[str, ast.expr] = {}
        self.starred = ""  # the module whose names are all there (`from resource import *`)
        self.replaceable = _MOST_NAMES

    def bind_import(self, node: Union[ast.Import, ast.ImportFrom]) -> None:
        """Notes the names that an import statement binds."""
        for alias in node.names:
            if isinstance(node, ast.ImportFrom) and node.level:
                self._forget(alias.asname or alias.name)  # a part of the code's own package
            elif isinstance(node, ast.ImportFrom):
                origin = node.module or ""
                self.imported.add(origin)
                self.starred = origin if alias.name == "*" else self.starred
                self._name(alias.asname or alias.name, f"{origin}.{alias.name}")
            else:
                top = alias.name.partition(".")[0]
                self.imported.add(alias.name)
                self._name(alias.asname or top, alias.name if alias.asname else top)

    def bind(self, node: ast.stmt) -> None:
        """Notes what an assignment makes a name stand for."""
        if not isinstance(node, ast.Assign) or not all(
            isinstance(target, ast.Name) for target in node.targets
        ):
            return
        value = self.canonical(node.value)
        meaning = text_of(value) if self.module_of(value) else ""
        constant = not meaning and _is_constant(value) and _is_small(value)
        for name in map(text_of, node.targets):
            self._forget(name)
            if meaning and len(meaning) <= _LONGEST:
                self.aliases[name] = meaning
            elif constant:
                self.constants[name] = value

    def canonical(self, node: _Node) -> _Node:
        """A copy in which names are replaced by what they stand for."""
        return cast(_Node, _Replacer(self).visit(copy.deepcopy(node)))

    def condition(self, test: ast.expr, variables: Mapping[str, str]) -> ast.expr:
        """A copy in which what asks for a variable is replaced by whether it is set."""
        return cast(ast.expr, _Decider(variables).visit(self.canonical(test)))

    def module_of(self, node: ast.AST) -> str:
        """The imported module whose attribute an expression (a canonical one) names; "" for none."""
        base = node
        while isinstance(base, (ast.Attribute, ast.Subscript)):
            base = base.value
        if not isinstance(base, ast.Name):
            return ""
        dotted = text_of(node).partition("[")[0].split(".")
        ends = range(len(dotted), 0, -1)
        return next((name for end in ends if (name := ".".join(dotted[:end])) in self.imported), "")

    def _name(self, name: str, meaning: str) -> None:
        self._forget(name)
        self.aliases[name] = meaning

    def _forget(self, name: str) -> None:
        self.aliases.pop(name, None)
        self.constants.pop(name, None)


class _Replacer(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        names = self._names
        names.replaceable -= 1
        if names.replaceable < 0:
            return node
        meaning = names.aliases.get(node.id)
        if meaning is not None and meaning != node.id:
            return ast.parse(meaning, mode="eval").body
        if not isinstance(node.ctx, ast.Load):
            return node
        if node.id in names.constants:
            return names.constants[node.id]
        if names.starred and meaning is None and not hasattr(builtins, node.id):
            return ast.parse(f"{names.starred}.{node.id}", mode="eval").body
        return node


class _Decider(ast.NodeTransformer):
    """Keeps no value of a variable: it may be a secret."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        inside = len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn))
        if not inside or text_of(node.comparators[0]) != "os.environ":
            return node
        if not isinstance(node.left, ast.Constant):
            return node
        return ast.Constant((node.left.value in self._variables) == isinstance(node.ops[0], ast.In))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if text_of(node.func) not in ("os.getenv", "os.environ.get") or not _is_constant(
            ast.Tuple(node.args)
        ):
            return node
        name, *default = (getattr(argument, "value", None) for argument in node.args)
        return ast.Constant(bool(self._variables.get(str(name)) or any(default)))


def _is_small(node: ast.AST) -> bool:
    return next(itertools.islice(ast.walk(node), _MOST_PARTS, None), None) is None


def _is_constant(node: ast.AST) -> bool:
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_is_constant, node.elts))
    return isinstance(node, ast.Constant)
