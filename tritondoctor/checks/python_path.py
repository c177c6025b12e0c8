"""Modules that the user's PYTHONPATH brings into the launch, and how to remove them."""

from __future__ import annotations

import os

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import Remedy, cure, text
from tritondoctor.facts.model import Facts


def without_path(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return a remedy that removes the element of PYTHONPATH that brings a file, if there is one."""
    given = facts.variables.get("PYTHONPATH", "").split(":")
    brings = [
        element for element in given
        if element and path.startswith(os.path.normpath(os.path.join(facts.cwd, element)) + "/")
    ]  # fmt: skip
    if not brings or path.startswith(facts.cwd + "/"):
        return ()
    kept = ":".join(element for element in given if element and element not in brings)
    title = text("Take {folder} off PYTHONPATH", folder=brings[0])
    return (cure("shorten-python-path", title, Variable("PYTHONPATH", kept or None)),)
