"""The catalogue is whole, and each rule declares the facts that it looks at."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable

import pytest

import tritondoctor.checks
from tritondoctor.checks import CATALOGUE, Rule

RUN = sorted(rule.id for rule in CATALOGUE.values() if rule.run is not None)


def test_every_rule_of_every_file_is_in_it() -> None:
    package = tritondoctor.checks
    defined = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        defined |= {
            value.id
            for value in vars(importlib.import_module(module.name)).values()
            if isinstance(value, Rule)
        }
    assert defined <= set(CATALOGUE), "add it to RULES at the end of its file"


def test_who_can_see_a_finding_is_said() -> None:
    for rule in CATALOGUE.values():
        assert rule.seen_by and rule.subject
        assert ("check" in rule.seen_by) == bool(rule.reads), rule.id


@pytest.mark.parametrize("id", RUN)
def test_what_it_reads_is_declared(id: str) -> None:
    run = CATALOGUE[id].run
    assert run is not None
    paths = sorted(_reads(run, set()))
    seen = [path for path in paths if not any(other.startswith(f"{path}.") for other in paths)]
    assert list(CATALOGUE[id].reads) == seen, f"reads={tuple(seen)!r}"


def _reads(function: Callable[..., object], done: set[str]) -> set[str]:
    """What a function reads of its first argument, the facts, with the helpers that it gives them to."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    given = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)).args.args
    names = {given[0].arg: ""} if given else {}
    done.add(function.__qualname__)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for target, value in zip(targets, values):
                path = _path(value, names)
                if isinstance(target, ast.Name) and path:
                    names[target.id] = path
    found = {
        path.removesuffix(".get").removesuffix(".items")
        for node in ast.walk(tree)
        if (path := _path(node, names))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            helper = function.__globals__.get(node.func.id)
            first = node.args[0]
            whole = isinstance(first, ast.Name) and names.get(first.id) == ""
            if whole and inspect.isfunction(helper) and helper.__qualname__ not in done:
                found |= _reads(helper, done)
    return found


def _path(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.IfExp):
        return _path(node.body, names)
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in names:
            return f"{names[node.value.id]}.{node.attr}".lstrip(".")
        inner = _path(node.value, names)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
