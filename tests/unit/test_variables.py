"""A check that reads a variable whose value is never shown would be silent for ever."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tritondoctor.checks
from tests.unit.variables import ShownVariables
from tritondoctor.privacy.environment import shown

CHECKS = Path(tritondoctor.checks.__file__).parent


def _is_variables(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "variables"


def _names(tree: ast.AST) -> Iterator[str]:
    """The names in `….variables["X"]`, `….variables.get("X")` and `"X" in ….variables`."""
    for node in ast.walk(tree):
        key: ast.AST | None = None
        if isinstance(node, ast.Subscript) and _is_variables(node.value):
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            key = node.args[0] if node.func.attr == "get" and _is_variables(node.func.value) else None
        elif isinstance(node, ast.Compare) and _is_variables(node.comparators[0]):
            key = node.left
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def test_every_variable_that_a_check_names_is_listed() -> None:
    read = {
        name: path.name for path in CHECKS.rglob("*.py") for name in _names(ast.parse(path.read_text()))
    }
    assert "LD_LIBRARY_PATH" in read, "the search sees what checks read"
    assert {name: file for name, file in read.items() if not shown(name)} == {}


def test_an_unlisted_variable_raises() -> None:
    variables = ShownVariables({"HOME": "/home/alice"})
    assert variables.get("PATH") is None and "PATH" not in variables
    for read in (variables.get, variables.__getitem__, variables.__contains__):
        with pytest.raises(AssertionError, match=r"privacy/environment\.py"):
            read("MY_NEW_VARIABLE")
