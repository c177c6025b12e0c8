"""How packages are installed into the target."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from tritondoctor.checks.edits import Pip
from tritondoctor.facts.model import Facts


def installs(
    facts: Facts, requirements: Sequence[str], *, again: bool = False, isolated: bool = False
) -> Pip:
    """Requirements installed with the tool of the environment's kind."""
    interpreter = facts.interpreter
    return Pip(
        interpreter.path,
        tuple(requirements),
        again,
        isolated,
        uv=_without_pip(facts),
        managed=interpreter.managed,
    )


def typed(facts: Facts, verb: str, *words: str) -> str:
    """The command by which a person lets the environment's installer do something."""
    python = quote(facts.interpreter.path)
    if _without_pip(facts):
        return " ".join(("uv pip", verb, "--python", python, *words))
    sure = ("-y",) if verb == "uninstall" else ()
    return " ".join((python, "-m pip", verb, *sure, *words))


def _without_pip(facts: Facts) -> bool:
    interpreter = facts.interpreter
    return interpreter.kind == "uv" if interpreter.pip is None else not interpreter.pip
