"""Variables that an environment's activation scripts set from now on, at the user's request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, Optional

from tritondoctor.facts import Facts
from tritondoctor.facts.conda.activation import of_prefix
from tritondoctor.facts.conda.model import ShellLine
from tritondoctor.facts.machine.shell_files import expand
from tritondoctor.loader import Files
from tritondoctor.remedies import activation
from tritondoctor.remedies.activation import ActivatedVariable
from tritondoctor.remedies.operations import Operation, RemedyError
from tritondoctor.support.errors import UsageError

CONDA, VENVS = "conda", ("venv", "virtualenv", "uv")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")


class ActivationSettings(NamedTuple):
    """The variables that activation sets; `kind` is the form of the activate scripts.

    `lines` are those of conda's own activation where the environment is not active yet: they come first.
    """

    kind: str
    prefix: str
    settings: tuple[ActivatedVariable, ...]
    lines: tuple[ShellLine, ...] = ()

    def variables(self, before: Mapping[str, str]) -> dict[str, Optional[str]]:
        """What is set while the environment is active."""
        start = {**before, "CONDA_PREFIX": self.prefix} if self.lines else dict(before)
        for line in self.lines:
            start[line.variable] = expand(line.value, start) or ""
        after = activation.while_active(start, self.settings)
        names = [*(line.variable for line in self.lines), *(setting.name for setting in self.settings)]
        return {name: after[name] for name in names}

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


class WrongFormError(RemedyError, UsageError):
    """--conda or --venv for an environment that is none."""


def requested(facts: Facts, *, conda: bool, venv: bool) -> Optional[ActivationSettings]:
    """The settings that --conda or --venv requests: the Python's library folder on the loader's path.

    None where its Python does not start: what such an environment is cannot be known.  Raises
    WrongFormError where the target is no such environment.
    """
    interpreter = facts.interpreter
    if not interpreter.starts:
        return None
    if conda and interpreter.kind != CONDA:
        raise WrongFormError(
            f"--conda: {interpreter.prefix or interpreter.path} is not a conda environment "
            f"({interpreter.kind}; it has no folder conda-meta). Leave out --conda."
        )
    if venv and interpreter.kind not in VENVS:
        raise WrongFormError(
            f"--venv: {interpreter.prefix or interpreter.path} is not a venv ({interpreter.kind}). "
            "Leave out --venv."
        )
    if not conda and not venv:
        return None
    folder = _libraries(facts)
    settings = (ActivatedVariable("LD_LIBRARY_PATH", folder, prepend=True),) if folder else ()
    active = not conda or facts.variables.get("CONDA_PREFIX") == interpreter.prefix
    lines = () if active else of_prefix(Files(), interpreter.prefix)
    return ActivationSettings(CONDA if conda else "venv", interpreter.prefix, settings, lines)


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
