"""The page of a finding, from the code alone: its check, its signs, and the facts that it reads."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from tritondoctor.checks import REGISTRY, Check
from tritondoctor.logs.signs import SIGNS, Sign

_SEVERITIES = {
    "error": "error: PyTriton does not start or does not answer",
    "warning": "warning: it starts, and this bites under the conditions that are told",
    "info": "info: worth knowing",
}


def signs_of(id: str) -> list[Sign]:
    """The lines of logs by which a finding is recognised."""
    return [sign for sign in SIGNS if sign.role == "cause" and sign.id == id]


def as_json(check: Check) -> dict[str, Any]:
    """The page as one object."""
    return {
        "id": check.id,
        "severity": check.severity,
        "title": check.title,
        "explanation": check.explanation,
        "means": unbraced(check.means),
        "verified": unbraced(check.verified),
        "by_hand": unbraced(check.by_hand),
        "reads": facts_read(check),
        "signs": [
            {"line": sign.line, "source": sign.source, "pattern": sign.pattern.pattern,
             "others": list(sign.others)}
            for sign in signs_of(check.id)
        ],
    }  # fmt: skip


def facts_read(check: Check) -> list[str]:
    """The facts that a check looks at, by name; none where only a log shows the finding."""
    whole = sorted(_reads(check.run, set()))
    return [path for path in whole if not any(other.startswith(f"{path}.") for other in whole)]


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


def markdown(check: Check) -> str:
    """The page as it stands in docs/findings."""
    reads = facts_read(check)
    parts = [
        f"# {check.id}",
        f"*{unbraced(check.title)}*",
        _SEVERITIES[check.severity] + ".",
        "## What it is",
        unbraced(check.means),
        "## Why it matters",
        unbraced(check.explanation),
        "## How the doctor sees it beforehand",
        "`tritondoctor check` reads " + ", ".join(f"`{name}`" for name in reads) + " "
        f"(facts/model.py) and draws the conclusion in `{_module(check)}`, before anything is started."
        if reads
        else "It does not: only a start or its log shows it.",
        "## How it looks in a log",
    ]
    signs = signs_of(check.id)
    if not signs:
        parts.append("No line is known that tells of this and of nothing else.")
    for sign in signs:
        parts.append(f"    {sign.line}")
        others = f" The same line comes of {', '.join(sign.others)}." if sign.others else ""
        parts.append(f"Seen in: {sign.source}.{others}")
    parts += ["## The cure", unbraced(check.by_hand), "## How it was verified", unbraced(check.verified)]
    return "\n\n".join(_wrapped(part) for part in parts) + "\n"


def pages() -> dict[str, str]:
    """File name -> text, with a list of all of them."""
    from tritondoctor.logs import only_here  # noqa: F401 (register theirs)
    from tritondoctor.selftest import findings  # noqa: F401 (registers its own)

    made = {f"{id}.md": markdown(one) for id, one in sorted(REGISTRY.items())}
    rows = [
        f"| [{id}]({id}.md) | {one.severity} | {unbraced(one.title).replace('|', chr(92) + '|')} |"
        for id, one in sorted(REGISTRY.items())
    ]
    head = ["# Findings", "", "Built from the code by `make docs`.", "", "| id | severity | says |",
            "| --- | --- | --- |"]  # fmt: skip
    made["README.md"] = "\n".join([*head, *rows]) + "\n"
    return made


def unbraced(template: str) -> str:
    """A template as a person reads it."""
    return template.replace("{{", "{").replace("}}", "}")


def _module(check: Check) -> str:
    return check.run.__module__.partition(".")[2].replace(".", "/") + ".py"


def _wrapped(part: str) -> str:
    if part.startswith(("#", "    ", "|")):
        return part
    return textwrap.fill(part, 100, break_long_words=False, break_on_hyphens=False)
