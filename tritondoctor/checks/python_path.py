"""What the user's own PYTHONPATH brings into the launch, and how to be rid of it."""

from __future__ import annotations

import os

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import Remedy, cure, text
from tritondoctor.facts.model import Facts


def without_path(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """PYTHONPATH without the element that brings a file; nothing where none does."""
    given = facts.variables.get("PYTHONPATH", "").split(":")
    brings = [
        one for one in given
        if one and path.startswith(os.path.normpath(os.path.join(facts.cwd, one)) + "/")
    ]  # fmt: skip
    if not brings or path.startswith(facts.cwd + "/"):
        return ()
    kept = ":".join(one for one in given if one and one not in brings)
    title = text("Take {folder} off PYTHONPATH", folder=brings[0])
    return (cure("shorten-python-path", title, Variable("PYTHONPATH", kept or None)),)
