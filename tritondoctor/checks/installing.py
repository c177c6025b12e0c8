"""How packages are installed into the target."""

from __future__ import annotations

from collections.abc import Sequence

from tritondoctor.checks.edits import Pip
from tritondoctor.facts.model import Facts


def installs(
    facts: Facts, requirements: Sequence[str], *, again: bool = False, isolated: bool = False
) -> Pip:
    """Requirements installed with the tool of the environment's kind."""
    asked = facts.interpreter
    return Pip(asked.path, tuple(requirements), again, isolated, uv=asked.kind == "uv")
