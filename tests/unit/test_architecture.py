"""The rooms of the house: imports go one way, classes have one name, functions stay small.

What fails today stands in the lists of exceptions, with the room that owns it; they only shrink.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Union

PACKAGE = Path(__file__).parents[2] / "tritondoctor"
#: each level may import those above it; rooms of one level do not know each other
LEVELS: tuple[tuple[str, ...], ...] = (
    ("data", "support", "privacy"),
    ("loader",),
    ("target",),
    ("facts",),
    ("checks",),
    ("logs",),
    ("examination",),
    ("running",),
    ("selftest",),
    ("remedies",),
    ("tuning", "installing"),
    ("fleet",),
    ("reports",),
    ("commands",),
    ("cli", "notebook"),
    ("__main__",),
)
RANK = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
#: leaves: they import nothing else of ours (the version in tritondoctor/__init__.py aside)
LEAVES = ("data", "support", "privacy")
#: what runs elsewhere, and what a developer runs to write files of data/
OUTSIDE = ("data/starter/", "data/make_", "fleet/roles/", "recipes/")

#: of a function's body; how many paths it may have, ruff counts (C901, pyproject.toml)
MOST_LINES = 60

#: "importer -> imported" that go upwards today, with the room that is to mend it
UPWARDS: dict[str, str] = {}
#: modules that import each other today
CIRCLES: dict[str, str] = {}
#: functions that are too long today
TOO_LONG: dict[str, str] = {}
#: class names that stand twice today, with the modules
TWICE: dict[str, str] = {}

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def _modules() -> dict[str, ast.Module]:
    """Module name below the package -> its tree."""
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE).as_posix()
        if not relative.startswith(OUTSIDE):
            name = relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            modules[name] = ast.parse(path.read_text(encoding="utf-8"))
    return modules


MODULES = _modules()


def room(module: str) -> str:
    """The room that a module stands in: its folder, or itself at the top of the package."""
    return module.partition(".")[0]


def _imports(tree: ast.Module) -> Iterator[str]:
    """The modules of ours that a module imports, also within functions; not those for types only."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += node.orelse
            continue
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tritondoctor":
            base = (node.module or "").partition(".")[2]
            for alias in node.names:
                name = f"{base}.{alias.name}".lstrip(".")
                yield name if name in MODULES else base
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("tritondoctor."):
                    yield alias.name.partition(".")[2]


GRAPH = {
    name: {other for other in _imports(tree) if other and other != name} for name, tree in MODULES.items()
}


def test_every_room_stands_in_the_design() -> None:
    strangers = {room(name) for name in MODULES} - RANK.keys() - {"__init__", ""}
    assert strangers <= {"", "__init__"}, f"give it a level in {Path(__file__).name}: {sorted(strangers)}"


def test_no_import_goes_upwards() -> None:
    arrows = {
        f"{name} -> {other}"
        for name, others in GRAPH.items()
        for other in others
        if room(name) != room(other) and _upwards(room(name), room(other))
    }
    assert arrows - UPWARDS.keys() == set(), "it imports a room that stands above its own"
    assert UPWARDS.keys() - arrows == set(), "mended: take it off UPWARDS"


def _upwards(importer: str, imported: str) -> bool:
    if importer in LEAVES:
        return True
    return RANK.get(imported, 0) >= RANK.get(importer, len(LEVELS))


def test_no_circle_of_modules() -> None:
    circles = {" ".join(sorted(circle)) for circle in _circles()}
    assert circles - CIRCLES.keys() == set(), "these modules import each other"
    assert CIRCLES.keys() - circles == set(), "mended: take it off CIRCLES"


def _circles() -> list[list[str]]:
    """The strongly connected parts of the import graph of more than one module (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in GRAPH.get(name, ()):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            part = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(part) > 1:
                found.append(part)

    for name in GRAPH:
        if name not in index:
            visit(name)
    return found


def _functions() -> Iterator[tuple[str, Function]]:
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{name}.{node.name}", node


def body_lines(function: Function) -> int:
    """The lines of a function's body, without its signature (a command's options) and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_small() -> None:
    long = {name for name, function in _functions() if body_lines(function) > MOST_LINES}
    assert long - TOO_LONG.keys() == set(), f"the body has more than {MOST_LINES} lines"
    assert TOO_LONG.keys() - long == set(), "mended: take it off TOO_LONG"


def test_every_class_has_one_name() -> None:
    places = defaultdict(list)
    for name, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name)
    twice = {name for name, modules in places.items() if len(modules) > 1}
    assert twice - TWICE.keys() == set(), {name: places[name] for name in twice}
    assert TWICE.keys() - twice == set(), "mended: take it off TWICE"


def test_page_of_the_architecture_names_files_that_exist() -> None:
    root = PACKAGE.parent
    page = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert len(page.splitlines()) <= 110, "two screens"
    names = set(re.findall(r"`((?:[\w.]+/)+[\w.]*|\w+\.py)`", page))
    beside = {path.name for path in PACKAGE.rglob("*.py")}
    lost = {
        name for name in names
        if not (PACKAGE / name).exists() and not (root / name).exists() and name not in beside
    }  # fmt: skip
    assert lost == set(), "docs/architecture.md names them"
