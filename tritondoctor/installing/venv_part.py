"""An empty venv with the recipe's Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tritondoctor.installing import InstallError
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe
from tritondoctor.installing.steps import follow
from tritondoctor.support.processes import run
from tritondoctor.support.variables import for_children

_DEADLINE_S = 30.0


def make(
    prefix: str,
    recipe: Recipe,
    machine: Machine,
    variables: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Create the venv, or complete an unfinished one.  uv downloads a Python that is not installed."""
    known = machine.pythons.get(recipe.python)
    if known is not None:
        bare = [] if _has_pip(known.path, variables) else ["--without-pip"]
        command = [known.path, "-I", "-m", "venv", *bare, prefix]
        name = known.path
    elif machine.uv is not None:
        command = [machine.uv, "venv", "--allow-existing", "--seed", "--python", recipe.python, prefix]
        name = "uv"
    else:
        raise InstallError(f"Python {recipe.python} is not installed here")
    follow(command, for_children(variables), name, say)


def _has_pip(python: str, variables: Mapping[str, str]) -> bool:
    return (
        run([python, "-I", "-S", "-c", "import ensurepip"], for_children(variables), _DEADLINE_S).code
        == 0
    )
