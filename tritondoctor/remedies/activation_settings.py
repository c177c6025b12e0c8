"""What an environment's activation is to set from now on, where the user asks for that."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, Optional

from tritondoctor.facts import Facts
from tritondoctor.remedies import activation
from tritondoctor.remedies.activation import ActivatedVariable
from tritondoctor.remedies.operations import Operation, RemedyError

CONDA, VENVS = "conda", ("venv", "virtualenv", "uv")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")


class ActivationSettings(NamedTuple):
    """Settings of an environment's activate scripts; `kind` says of which form these are."""

    kind: str
    prefix: str
    settings: tuple[ActivatedVariable, ...]

    def variables(self, before: Mapping[str, str]) -> dict[str, Optional[str]]:
        """What is set while the environment is active."""
        after = activation.while_active(before, self.settings)
        return {setting.name: after[setting.name] for setting in self.settings}

    def operations(self, folder: str) -> tuple[Operation, ...]:
        """Writes the scripts; nothing where there is nothing to set."""
        if not self.settings:
            return ()
        write = activation.for_conda if self.kind == CONDA else activation.for_venv
        return write(self.prefix, self.settings, folder)

    def and_variables(self, variables: Mapping[str, Optional[str]]) -> ActivationSettings:
        """With PyTriton's own variables, as far as they have a value."""
        own = [
            ActivatedVariable(name, value, prepend=False)
            for name, value in sorted(variables.items())
            if name.startswith("PYTRITON_") and value is not None
        ]
        return self._replace(settings=(*self.settings, *own))


def asked_for(facts: Facts, *, conda: bool, venv: bool) -> Optional[ActivationSettings]:
    """The activation that --conda or --venv asks for: the libraries of its Python on the loader's path.

    Raises RemedyError where the target is no such environment.
    """
    asked = facts.interpreter
    if conda and asked.kind != CONDA:
        raise RemedyError(
            f"--conda: {asked.prefix or asked.path} is no conda environment ({asked.kind})."
        )
    if venv and asked.kind not in VENVS:
        raise RemedyError(f"--venv: {asked.prefix or asked.path} is no venv ({asked.kind}).")
    if not conda and not venv:
        return None
    folder = _libraries(facts)
    settings = (ActivatedVariable("LD_LIBRARY_PATH", folder, prepend=True),) if folder else ()
    return ActivationSettings(CONDA if conda else "venv", asked.prefix, settings)


def plain(facts: Facts) -> Optional[ActivationSettings]:
    """conda's own place for variables, for a plan that has some; None outside conda."""
    asked = facts.interpreter
    return ActivationSettings(CONDA, asked.prefix, ()) if asked.kind == CONDA else None


def _libraries(facts: Facts) -> str:
    """The folder of the interpreter's own libpython, unless the loader searches it anyway."""
    asked = facts.interpreter
    if asked.kind == CONDA:
        return os.path.join(asked.prefix, "lib")
    loaded = (facts.launch.libpython,) if facts.launch and facts.launch.libpython else ()
    own = [
        libpython.path
        for libpython in (*facts.libpythons, *loaded)
        if libpython.version == asked.stdlib_version
    ]
    folder = os.path.dirname(own[0]) if own else ""
    multiarch = asked.config.get("MULTIARCH") or ""
    system = (*_SYSTEM, f"/usr/lib/{multiarch}", f"/lib/{multiarch}")
    return "" if folder in system or folder.startswith(asked.prefix + "/") else folder
