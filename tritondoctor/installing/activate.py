"""Activation of the new environment: its scripts, its variables, the command to type."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from shlex import quote

from tritondoctor.installing import InstallError
from tritondoctor.installing.fit import Form
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe
from tritondoctor.remedies import activation
from tritondoctor.remedies.activation import ActivatedVariable
from tritondoctor.remedies.operations import PutFile, RemedyError
from tritondoctor.remedies.path_state import copy
from tritondoctor.support import staging


def settle(recipe: Recipe, prefix: str, form: Form) -> tuple[ActivatedVariable, ...]:
    """Make activation set the LD_LIBRARY_PATH that the recipe's packages need."""
    site = os.path.join(prefix, "lib", f"python{recipe.python}", "site-packages")
    folders = [os.path.join(site, name) for name in recipe.library_path]
    settings = tuple(
        ActivatedVariable("LD_LIBRARY_PATH", value, prepend=True)
        for value in [":".join(folders)]
        if value
    )
    if not settings:
        return ()
    write = activation.for_conda if form == "conda" else activation.for_venv
    with staging.temporary() as folder:
        if os.path.exists(os.path.join(prefix, "bin", "tritondoctor-activate.sh")):
            return settings  # an interrupted call wrote them
        try:
            operations = write(prefix, settings, folder)
        except RemedyError as failure:
            raise InstallError(str(failure)) from failure
        for operation in operations:
            assert isinstance(operation, PutFile)
            os.makedirs(os.path.dirname(operation.path), exist_ok=True)
            if os.path.lexists(operation.path):
                os.unlink(operation.path)
            copy(operation.source, operation.path)
    return settings


def variables(
    prefix: str, form: Form, settings: Sequence[ActivatedVariable], before: Mapping[str, str]
) -> dict[str, str]:
    """The environment's variables while it is active, as its scripts set them."""
    others = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME")
    after = {name: value for name, value in before.items() if name not in others}
    after["VIRTUAL_ENV" if form == "venv" else "CONDA_PREFIX"] = prefix
    after["PATH"] = os.pathsep.join(filter(None, [os.path.join(prefix, "bin"), before.get("PATH", "")]))
    return activation.while_active(after, settings)


def line(prefix: str, form: Form, machine: Machine) -> str:
    """The command that activates the environment."""
    if form == "venv":
        return f". {quote(os.path.join(prefix, 'bin', 'activate'))}"
    if machine.front is not None:
        return f"{machine.front.name} activate {quote(prefix)}"
    folder = quote(os.path.join(prefix, "bin"))
    return f"export CONDA_PREFIX={quote(prefix)} PATH={folder}:$PATH"


def environments(before: Mapping[str, str]) -> str:
    """The folder that holds conda's named environments.  Raises InstallError where there is no conda."""
    root = before.get("MAMBA_ROOT_PREFIX") or os.path.dirname(
        os.path.dirname(before.get("CONDA_EXE", ""))
    )
    if not root:
        raise InstallError("--name needs an active conda. Use --prefix DIR.")
    return os.path.join(root, "envs")
