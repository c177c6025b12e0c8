"""The sentences of the rooms that know no language, as templates for the catalogues.

An f-string becomes a template with the names that it shows; support/stored.py finds it again in what
was said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

#: rooms, or files of them, whose words reach a screen
ROOMS = (
    "examination", "facts/conda", "facts/imports", "facts/interpreter", "facts/launch/processes.py",
    "facts/launch/server_copy.py",
    "fleet", "installing", "loader/namespace.py", "loader/search.py", "loader/symbols.py",
    "loader/system.py", "remedies", "running", "selftest", "support/ending.py", "support/hosts.py",
    "support/reading.py", "support/removal.py", "support/shortage.py", "support/streams.py",
    "support/waiting.py", "target",
)  # fmt: skip
#: two words of prose
_PROSE = re.compile(r"(?<![<\w./=\"'-])[A-Za-z]{2,},? (?:[a-z]{2,}|a\b)(?![\w=/\"])|^is an? |^no [a-z]+$")
#: what code, patterns and commands are made of
_CODE = re.compile(
    r"[\\^$*|\n=]|;(?! )|\(\?|import |sys\.|<\w|^(?:tritondoctor|pip|conda|docker|unset|export|source) |#"
    r"|^(?:python3|apt-get|uv|echo) | -m |%s|__|\{\d"
)
#: other programs' words, which stay as they are, and what no screen shows
_QUOTED = {
    "No such file or directory", "Permission denied", "Operation not permitted", "Invalid argument",
    "Cannot allocate memory", "{progname}: error while loading shared libraries: {text}",
    "cannot open shared object file", "wrong ELF class: ELFCLASS{value}", "No module named",
    "if typing.TYPE_CHECKING:", "Unknown option: -I", "libcuda.so.1: cannot open",
    "failed to map segment", "cannot map", "without exception set", "no low limit", "drop snapshot",
    "package cache", "What is the capital of France? Answer briefly.", "The capital of France is Paris.",
    "os error", "version of a libpython", "tritondoctor: waiting for the interpreter",
    "without a message", "in use", "memory type {value}",
}  # fmt: skip
#: functions whose words are translated where they stand
_MARKED = {"_", "plural", "mark", "mark_plural", "text", "counted", "compile", "startswith"}


def of(package: str) -> Iterator[tuple[str]]:
    """The templates, each once."""
    seen: set[str] = set()
    for path in _files(Path(package)):
        for template in _templates(ast.parse(path.read_text(encoding="utf-8"))):
            if template not in seen:
                seen.add(template)
                yield (template,)


def _files(package: Path) -> Iterator[Path]:
    for room in ROOMS:
        place = package / room
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _templates(tree: ast.AST) -> Iterator[str]:
    skipped = _skipped(tree)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        template = _template(node)
        if not template or template in _QUOTED:
            continue
        if _PROSE.search(re.sub(r"\{\w+\}", "0", template)) and not _CODE.search(template):
            yield template


def _skipped(tree: ast.AST) -> set[int]:
    """Docstrings, what is marked as a message, and the parts of an f-string."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in _MARKED:
                skipped.update(id(inner) for inner in ast.walk(node))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
        elif isinstance(node, ast.Expr):
            skipped.add(id(node.value))
    return skipped


def _template(node: ast.AST) -> Optional[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    if not isinstance(node, ast.JoinedStr):
        return None
    words, names = "", set()
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = _name(part.value)
            while name in names:
                name += "_"
            names.add(name)
            words += f"{{{name}}}"
        elif isinstance(part, ast.Constant):
            words += str(part.value).replace("{", "{{").replace("}", "}}")
    return words.strip()


def _name(value: ast.expr) -> str:
    """The noun of an expression: the last name in it."""
    if isinstance(value, ast.Attribute):
        return value.attr.lower()
    if isinstance(value, ast.Name):
        return value.id.lower().strip("_") or "value"
    if isinstance(value, ast.Call) and value.args:
        return _name(value.args[-1])
    if isinstance(value, ast.Call):
        return _name(value.func)
    if isinstance(value, (ast.Subscript, ast.BinOp)):
        return _name(value.value if isinstance(value, ast.Subscript) else value.left)
    return "value"
