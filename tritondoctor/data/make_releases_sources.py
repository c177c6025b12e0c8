"""What the Python files of a wheel tell of how PyTriton launches, for make_releases.py."""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Optional

from tritondoctor.data.make_releases_binaries import TREE

ENTRY_MODULES = (
    "pytriton.triton",
    "pytriton.decorators",
    "pytriton.model_config",
    "pytriton.client",
)


class ReleaseSources:
    """The parsed Python files of a wheel, by module name."""

    def __init__(self, wheel: zipfile.ZipFile) -> None:
        """Parse ``pytriton/**.py``, the backend's own files aside."""
        self._trees: dict[str, ast.Module] = {}
        self._packages: set[str] = set()
        for name in wheel.namelist():
            if re.fullmatch(r"pytriton/.*\.py", name) and not name.startswith(TREE):
                self._add(name, wheel.read(name))

    def _add(self, name: str, content: bytes) -> None:
        module = name[: -len(".py")].replace("/", ".")
        if module.endswith(".__init__"):
            module = module[: -len(".__init__")]
            self._packages.add(module)
        self._trees[module] = ast.parse(content, name)

    def __contains__(self, module: str) -> bool:
        """Whether the wheel has this module."""
        return module in self._trees

    def __getitem__(self, module: str) -> ast.Module:
        """The syntax tree of a module."""
        return self._trees[module]

    def below(self, package: str) -> list[ast.Module]:
        """The syntax trees of the modules in a package."""
        return [tree for name, tree in self._trees.items() if name.startswith(package + ".")]

    def imports(self, module: str) -> set[str]:
        """The full names that a module imports whenever it is imported."""
        package = module if module in self._packages else module.rpartition(".")[0]
        found: set[str] = set()
        for node in unconditional(self._trees[module].body):
            found |= imported_names(node, package)
        return found

    def closure(self, modules: Iterable[str]) -> set[str]:
        """The third-party top-level modules imported by these modules and all that they import."""
        third_party: set[str] = set()
        seen: set[str] = set()
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            waiting += [name.rpartition(".")[0]] if "." in name else []
            if name in self._trees:
                waiting += self.imports(name)
            elif "." not in name and not is_standard(name):
                third_party.add(name)
        return third_party


def unconditional(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run on import: not those behind ``if``, ``try: ... except``, ``def``."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif isinstance(statement, (ast.With, ast.ClassDef)):
            yield from unconditional(statement.body)
        elif isinstance(statement, ast.Try):
            yield from unconditional([] if statement.handlers else statement.body)
            yield from unconditional(statement.finalbody)


def imported_names(node: ast.AST, package: str) -> set[str]:
    """The full names that one import statement may load, modules and attributes alike."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        parents = parts[: len(parts) - node.level + 1] if node.level else []
        base = ".".join([*parents, *([node.module] if node.module else [])])
        return {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return set()


def is_standard(module: str) -> bool:
    """Whether a top-level module is of the standard library."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    patterns = (f"{module}.py", f"{module}/__init__.py", f"lib-dynload/{module}.*")
    return module in sys.builtin_module_names or any(any(folder.glob(p)) for p in patterns)


def assigned(tree: ast.AST, name: str) -> Optional[Any]:
    """The literal assigned to a name anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return ast.literal_eval(node.value)
    return None


def script_files(sources: ReleaseSources) -> list[str]:
    """The proxy files that are copied into the model; before 0.4 a function names them."""
    tree = sources["pytriton.models.model"]
    listed = assigned(tree, "SCRIPT_FILES_TO_COPY") or assigned(tree, "files_to_copy")
    if listed:
        return [str(name) for name in listed]
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    names = {text for text in constants if isinstance(text, str)}
    return sorted(text for text in names if re.fullmatch(r"\w+\.py", text))


def deferred_imports(sources: ReleaseSources) -> list[str]:
    """The third-party modules that ``pytriton.server`` imports inside its functions."""
    found: set[str] = set()
    for tree in sources.below("pytriton.server"):
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    found |= imported_names(node, "pytriton.server")
    tops = {name.partition(".")[0] for name in found}
    return sorted(top for top in tops if top not in sources and not is_standard(top))


def server_imports(sources: ReleaseSources, scripts: Iterable[str]) -> list[str]:
    """What the copied files import on the server's side: no package of PyTriton is there."""
    copied = [f"pytriton.proxy.{name[: -len('.py')]}" for name in scripts]
    found: set[str] = set()
    for module in copied:
        found |= {name.partition(".")[0] for name in sources.imports(module)}
    own = {"pytriton", "triton_python_backend_utils"}
    return sorted(top for top in found - own if not is_standard(top))


def launch(sources: ReleaseSources) -> dict[str, list[str]]:
    """What differs between releases in how PyTriton launches."""
    scripts = script_files(sources)
    required = assigned(sources["pytriton.server.triton_server"], "_PROXY_REQUIRED_MODULES")
    return {
        "proxy_required_modules": list(required or []),
        "script_files": scripts,
        "imports": sorted(sources.closure(ENTRY_MODULES)),
        "spawn_imports": deferred_imports(sources),
        "server_imports": server_imports(sources, scripts),
    }
