"""Which names of a module another one uses while it is imported, and not only in its functions."""

from __future__ import annotations

import ast
from typing import Optional, Union

from tritondoctor.facts.imports.syntax import TooComplex, syntax_tree

_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def names_at_import(source: str, module: str) -> set[str]:
    """The attributes of `module` that importing this source looks up; none where it is no Python."""
    try:
        reader = _UsesReader(module)
        reader.visit(syntax_tree(source))
    except (SyntaxError, ValueError, TooComplex, RecursionError):
        return set()
    return reader.names


def names_used(source: str, module: str) -> Optional[set[str]]:
    """What a source takes from a top-level module, in functions too; None where it is no Python."""
    try:
        nodes = [*ast.walk(syntax_tree(source))]
    except (SyntaxError, ValueError, TooComplex, RecursionError):
        return None
    called = {module}
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            called.update(alias.asname for alias in node.names if alias.name == module and alias.asname)
            below = (alias.name.split(".") for alias in node.names)
            names.update(parts[1] for parts in below if parts[0] == module and parts[1:])
        elif isinstance(node, ast.ImportFrom) and not node.level:
            parts = (node.module or "").split(".")
            if parts[0] == module:
                names.update(parts[1:2] or [alias.name for alias in node.names])
    parameters = {
        id(inner) for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if any(isinstance(part, ast.arg) and part.arg == module for part in ast.walk(node.args))
        for inner in ast.walk(node)
    }  # fmt: skip
    attributes = (
        node for node in nodes if isinstance(node, ast.Attribute) and id(node) not in parameters
    )
    return names | {
        node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id in called
    }


class _UsesReader(ast.NodeVisitor):
    """Goes through what runs at once: bodies of classes, decorators, defaults and annotations too."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._called = {module}
        self._annotations = True
        self.names: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        self._called.update(
            alias.asname for alias in node.names if alias.name == self._module and alias.asname
        )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = {alias.name for alias in node.names}
        if node.module == "__future__" and "annotations" in names:
            self._annotations = False
        if node.module == self._module and not node.level:
            self.names |= names

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if _dotted(node.value) in self._called:
            self.names.add(node.attr)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: _Function) -> None:
        arguments = node.args
        at_once = [*node.decorator_list, *arguments.defaults, *filter(None, arguments.kw_defaults)]
        if self._annotations:
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            at_once += [argument.annotation for argument in every if argument.annotation]
            at_once += [node.returns] if node.returns else []
        for part in at_once:
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 (ast's name)

    def visit_Lambda(self, _: ast.Lambda) -> None:
        return


def _dotted(node: ast.expr) -> str:
    """`a.b` of an expression that is nothing else, else ""."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
