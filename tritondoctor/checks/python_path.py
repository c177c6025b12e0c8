"""Modules that the user's PYTHONPATH brings into the launch, and how to remove them."""

from __future__ import annotations

import os
import re

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import Remedy, cure, text
from tritondoctor.facts.interpreter.sys_path import put_first
from tritondoctor.facts.model import Facts


def in_packages(path: str) -> bool:
    """Return whether a file belongs to a Python or to its packages: no user renames it."""
    return re.search(r"/(?:site-packages|dist-packages|lib(?:32|64)?/python3[^/]*)/", path) is not None


def without_path(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return a remedy that removes the element of PYTHONPATH that brings a file, if there is one."""
    given = facts.variables.get("PYTHONPATH", "").split(":")
    brings = _bringing(facts, path)
    if not brings or (path.startswith(facts.cwd + "/") and not in_packages(path)):
        return ()
    kept = ":".join(element for element in given if element and element not in brings)
    title = text("Take {folder} off PYTHONPATH", folder=brings[0])
    return (cure("shorten-python-path", title, Variable("PYTHONPATH", kept or None)),)


def _bringing(facts: Facts, path: str) -> list[str]:
    """Return the elements of PYTHONPATH that a file comes from."""
    return [
        element for element in facts.variables.get("PYTHONPATH", "").split(":")
        if element and path.startswith(os.path.normpath(os.path.join(facts.cwd, element)) + "/")
    ]  # fmt: skip


def without_older(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return the same for a file that lacks something, unless PyTriton itself comes from there."""
    own = _bringing(facts, f"{facts.pytriton.package}/") if facts.pytriton else ()
    return () if {*own} & {*_bringing(facts, path)} else without_path(facts, path)


def without_first(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return advice on a file in a folder that code at Python's start puts before all others."""
    folder = next((entry for entry in put_first(facts.interpreter) if path.startswith(f"{entry}/")), None)
    if folder is None:
        return ()
    title = "Take {folder} out of the .pth file or sitecustomize.py that puts it first"
    return (Remedy("take-path-away", text(title, folder=folder)),)
