"""Variables that an environment's activation scripts set from now on, at the user's request."""

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
    """The variables that activation sets; `kind` is the form of the activate scripts."""

    kind: str
    prefix: str
    settings: tuple[ActivatedVariable, ...]

    def variables(self, before: Mapping[str, str]) -> dict[str, Optional[str]]:
        """What is set while the environment is active."""
        after = activation.while_active(before, self.settings)
        return {setting.name: after[setting.name] for setting in self.settings}

    def operations(self, folder: str) -> tuple[Operation, ...]:
        """Write the scripts; nothing where there is nothing to set."""
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


def requested(facts: Facts, *, conda: bool, venv: bool) -> Optional[ActivationSettings]:
    """The settings that --conda or --venv requests: the Python's library folder on the loader's path.

    None where its Python does not start: what such an environment is cannot be known.  Raises RemedyError
    where the target is no such environment.
    """
    interpreter = facts.interpreter
    if not interpreter.starts:
        return None
    if conda and interpreter.kind != CONDA:
        raise RemedyError(
            f"--conda: {interpreter.prefix or interpreter.path} is not a conda environment "
            f"({interpreter.kind})."
        )
    if venv and interpreter.kind not in VENVS:
        raise RemedyError(
            f"--venv: {interpreter.prefix or interpreter.path} is not a venv ({interpreter.kind})."
        )
    if not conda and not venv:
        return None
    folder = _libraries(facts)
    settings = (ActivatedVariable("LD_LIBRARY_PATH", folder, prepend=True),) if folder else ()
    return ActivationSettings(CONDA if conda else "venv", interpreter.prefix, settings)


def of_conda(facts: Facts) -> Optional[ActivationSettings]:
    """Empty settings for conda's activation scripts; None outside conda."""
    interpreter = facts.interpreter
    return ActivationSettings(CONDA, interpreter.prefix, ()) if interpreter.kind == CONDA else None


def _libraries(facts: Facts) -> str:
    """The folder of the interpreter's own libpython, unless the loader searches it anyway."""
    interpreter = facts.interpreter
    if interpreter.kind == CONDA:
        return os.path.join(interpreter.prefix, "lib")
    loaded = (facts.launch.libpython,) if facts.launch and facts.launch.libpython else ()
    own = [
        libpython.path
        for libpython in (*facts.libpythons, *loaded)
        if libpython.version == interpreter.stdlib_version
    ]
    folder = os.path.dirname(own[0]) if own else ""
    multiarch = interpreter.config.get("MULTIARCH") or ""
    system = (*_SYSTEM, f"/usr/lib/{multiarch}", f"/lib/{multiarch}")
    return "" if folder in system or folder.startswith(interpreter.prefix + "/") else folder
