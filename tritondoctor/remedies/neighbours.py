"""Whether what was imported before a fix is imported after it: frameworks, and what uses what changes."""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tritondoctor.facts.imports.records import rows
from tritondoctor.facts.imports.requirements import Environment, InstalledPackage, changed
from tritondoctor.loader import Files
from tritondoctor.support import processes

#: modules of frameworks, which may find each other without a requirement that says so
FRAMEWORKS = ("torch", "tensorflow", "jax", "onnxruntime", "cupy")
DEADLINE_S = 120.0
_IMPORT = """
import importlib, sys
try:
    importlib.import_module(sys.argv[1])
    found = "ok"
except BaseException as failure:
    text = " ".join(str(failure).split())
    found = type(failure).__name__ + (": " + text if text else "")
sys.stdout.write("\\0" + found[:500] + "\\0")
sys.stdout.flush()
import os
os._exit(0)  # some wait for their threads for ever
"""


class Lost(NamedTuple):
    """A module that was imported before and no longer is, and what its import says."""

    module: str
    problem: str


class WorkingImports:
    """Modules of one Python that were imported before a fix."""

    def __init__(self, python: str, modules: Iterable[str], variables: Mapping[str, str]) -> None:
        self.python = python
        self.modules = [module for module in modules if not _problem(python, module, variables)]

    def lost(self, variables: Mapping[str, str]) -> tuple[Lost, ...]:
        """Those that are not imported any more."""
        tried = ((module, _problem(self.python, module, variables)) for module in self.modules)
        return tuple(Lost(module, problem) for module, problem in tried if problem)


def at_stake(files: Files, before: Environment, after: Environment) -> list[str]:
    """The modules that a change of packages may break, by their top-level names; none where it changes
    no package.
    """
    names = changed(before, after)
    if not names:
        return []
    users = before.dependents(names & before.packages.keys()) - names
    there = {module for name in before.packages for module in _modules(files, before.packages[name])}
    found = [framework for framework in FRAMEWORKS if framework in there]
    found += [module for name in sorted(users) for module in _modules(files, before.packages[name])]
    return list(dict.fromkeys(found))


def _modules(files: Files, package: InstalledPackage) -> Sequence[str]:
    """The top-level modules of a distribution, by its RECORD; none of it is imported for that."""
    try:
        paths = [row[0] for row in rows(files, os.path.join(package.folder, "RECORD"))]
    except (OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(filter(None, map(_top_level, paths))))


def _top_level(path: str) -> str:
    """The public module that a row of a RECORD is the head of, or ""."""
    head, _, rest = path.partition("/")
    if rest not in ("", "__init__.py") or not path.endswith(".py"):
        return ""
    name = head if rest else head[:-3]
    return name if name.isidentifier() and name[0] != "_" and not keyword.iskeyword(name) else ""


def _problem(python: str, module: str, variables: Mapping[str, str]) -> str:
    """What the import of a module in the target says, or ""; nothing is compiled into the environment."""
    quiet = {**variables, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        outcome = processes.run([python, "-c", _IMPORT, module], quiet, DEADLINE_S)
    except OSError as failure:
        return failure.strerror or str(failure)
    if outcome.stopped == "deadline":
        return f"it did not end within {DEADLINE_S:.0f} s"
    found = outcome.out.decode("utf-8", "replace").split("\0")
    if len(found) < 3:
        return f"it ended with exit code {outcome.code}"
    return "" if found[-2] == "ok" else found[-2]
