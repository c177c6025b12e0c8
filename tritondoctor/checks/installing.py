"""How packages are installed into the target."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from tritondoctor.checks.edits import Conda, Pip
from tritondoctor.facts.model import Facts


def installs(
    facts: Facts, requirements: Sequence[str], *, again: bool = False, isolated: bool = False
) -> Pip:
    """Return an edit that installs requirements with the environment's own installer."""
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
    """Return the command for the environment's installer, as a person types it."""
    python = quote(facts.interpreter.path)
    if _without_pip(facts):
        return " ".join(("uv pip", verb, "--python", python, *words))
    sure = ("-y",) if verb == "uninstall" else ()
    return " ".join((python, "-m pip", verb, *sure, *words))


def _without_pip(facts: Facts) -> bool:
    interpreter = facts.interpreter
    return interpreter.kind == "uv" if interpreter.pip is None else not interpreter.pip


def conda_installs(
    facts: Facts, prefix: str, spec: str, *, again: bool = False, channels: tuple[str, ...] = ()
) -> Conda:
    """Return an edit that installs a conda package with the front end that is there."""
    return Conda(prefix, (spec,), again, channels, facts.conda_front_end or "conda")
