"""conda, mamba or micromamba: the program with which the user installs conda packages."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import NamedTuple, Optional

NAMES = ("conda", "mamba", "micromamba")


class FoundFrontEnd(NamedTuple):
    """Its name as the user types it, and its path."""

    name: str
    program: str


def front_end(variables: Mapping[str, str]) -> Optional[FoundFrontEnd]:
    """The front end that is active, else the first on PATH."""
    for variable in ("CONDA_EXE", "MAMBA_EXE"):
        program = variables.get(variable, "")
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return FoundFrontEnd(_as_typed(program), program)
    for name in NAMES:
        found = _on_path(name, variables.get("PATH"))
        if found:
            return FoundFrontEnd(name, found)
    return None


def _on_path(name: str, path: Optional[str]) -> Optional[str]:
    """As `shutil.which` finds it, whose module brings half a dozen others."""
    if path is None:
        import shutil

        return shutil.which(name)
    for folder in path.split(":") if path else ():
        program = os.path.join(folder, name)
        if os.access(program, os.X_OK) and not os.path.isdir(program):
            return program
    return None


def _as_typed(program: str) -> str:
    """Its name; the path in quotes where a shell would read more in it: people paste these commands."""
    name = os.path.basename(program)
    return name if shlex.quote(name) == name else shlex.quote(program)
