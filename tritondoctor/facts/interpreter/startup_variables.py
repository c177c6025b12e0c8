"""The variables that PyTriton's process has once code at Python's start has run, as far as it is sure."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Optional

from tritondoctor.facts.imports.syntax import syntax_tree, text_of
from tritondoctor.facts.interpreter.model import StartupCode

_ENVIRON = "os.environ"
#: read before any such code runs, by the loader and by Python itself: only children get them
READ_BEFORE = ("LD_", "PYTHON")

#: a variable, and its value then (None: it is taken away)
_Setting = tuple[str, Optional[str]]


def after(code: Iterable[StartupCode], variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that the process gives to those that it starts."""
    found = dict(variables)
    for change in (change for line in code for change in line.changes if change.certain):
        if _ENVIRON not in change.canonical:
            continue
        for name, value in _settings(syntax_tree(change.canonical).body[0], found):
            if value is None:
                found.pop(name, None)
            else:
                found[name] = value
    return found


def of_process(code: Iterable[StartupCode], variables: Mapping[str, str]) -> dict[str, str]:
    """Those that the process itself goes by."""
    before = {name: value for name, value in variables.items() if name.startswith(READ_BEFORE)}
    then = after(code, variables).items()
    return {**{name: value for name, value in then if not name.startswith(READ_BEFORE)}, **before}


def _settings(node: ast.stmt, variables: Mapping[str, str]) -> Iterator[_Setting]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _pair(_key(target), node.value)
    elif isinstance(node, ast.Delete):
        yield from ((name, None) for name in map(_key, node.targets) if name)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield from _of_call(node.value, variables)


def _of_call(call: ast.Call, variables: Mapping[str, str]) -> Iterator[_Setting]:
    function = text_of(call.func)
    first = call.args[0] if call.args else None
    if function == f"{_ENVIRON}.clear":
        yield from ((name, None) for name in [*variables])
    elif function == f"{_ENVIRON}.pop":
        yield from ((name, None) for name in [_string(first)] if name)
    elif function == f"{_ENVIRON}.setdefault" and len(call.args) == 2:
        name = _string(first)
        yield from _pair(None if name in variables else name, call.args[1])
    elif function == f"{_ENVIRON}.update":
        if isinstance(first, ast.Dict):
            for key, value in zip(first.keys, first.values):
                yield from _pair(_string(key), value)
        for keyword in call.keywords:
            yield from _pair(keyword.arg, keyword.value)


def _pair(name: Optional[str], value: ast.expr) -> Iterator[_Setting]:
    text = _string(value)
    if name and text is not None and _is_possible(name, text):
        yield name, text


def _is_possible(name: str, value: str) -> bool:
    """Whether `os.environ` takes it: bytes without NUL, and no "=" in a name (setenv(3))."""
    try:
        return b"\0" not in os.fsencode(name + value) and "=" not in name
    except UnicodeEncodeError:
        return False


def _key(target: ast.expr) -> Optional[str]:
    """The variable of `os.environ['NAME']`."""
    if isinstance(target, ast.Subscript) and text_of(target.value) == _ENVIRON:
        return _string(target.slice)
    return None


def _string(node: Optional[ast.expr]) -> Optional[str]:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
