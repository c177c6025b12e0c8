"""conda, mamba or micromamba: the program with which the user installs conda packages."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping
from typing import Optional

import msgspec

from tritondoctor.support.processes import Identity
from tritondoctor.target.programs import is_program, may_run, on_path

NAMES = ("conda", "mamba", "micromamba")


class FoundFrontEnd(msgspec.Struct, frozen=True):
    """Its name as the user types it, and its path."""

    name: str
    program: str


def front_end(
    variables: Mapping[str, str], trusted: Collection[Optional[Identity]] = (None,)
) -> Optional[FoundFrontEnd]:
    """The front end that is active, else the first on PATH; root takes none of another user's, unless
    that one is trusted.
    """
    for variable in ("CONDA_EXE", "MAMBA_EXE"):
        program = variables.get(variable, "")
        if os.path.isabs(program) and is_program(program) and may_run(program, trusted):
            return FoundFrontEnd(_as_typed(program), program)
    for name in NAMES:
        found = on_path(name, variables.get("PATH"), trusted)
        if found:
            return FoundFrontEnd(name, found)
    return None


def _as_typed(program: str) -> str:
    """Its name; the path in quotes where a shell would read more in it: people paste these commands."""
    name = os.path.basename(program)
    return name if shlex.quote(name) == name else shlex.quote(program)
