"""The environment examined: which interpreter, below which prefix, with which variables."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Optional

import msgspec

from tritondoctor.support.errors import UsageError
from tritondoctor.support.reading import Limit, read_text
from tritondoctor.target.conda_environments import environment_names, named_prefixes

if TYPE_CHECKING:
    from tritondoctor.support.processes import Identity

#: how long an interpreter may take to answer, on a cold network file system too
DEADLINE_S = 30.0
Kind = Literal["conda", "venv", "virtualenv", "uv", "pyenv", "system", "unknown"]


class TargetError(UsageError):
    """The options name no environment; the message says what was wrong and what to do."""


class Target(msgspec.Struct, frozen=True):
    """An environment as a person would name it.

    `python` is the interpreter's path as named (it need not exist), `prefix` the folder that was
    named or is active, `chosen_by` the option or variable that chose it.  `variables` is the
    complete environment that PyTriton would be started with; it never leaves the process whole.
    The interpreter is run as `identity` (None: as this user), for at most `deadline_s`.
    """

    python: str
    prefix: Optional[str]
    chosen_by: str
    variables: dict[str, str]
    cwd: str
    identity: Optional[Identity] = None
    deadline_s: float = DEADLINE_S


def find_target(
    variables: Mapping[str, str],
    cwd: str,
    *,
    python: Optional[str] = None,
    prefix: Optional[str] = None,
    conda_env: Optional[str] = None,
    deadline_s: float = DEADLINE_S,
) -> Target:
    """The target that the options name, else the active environment.

    Raises `TargetError` where more than one option is given or what is named does not exist.
    """
    if sum(option is not None for option in (python, prefix, conda_env)) > 1:
        raise TargetError("Give one of --python, --prefix and --conda-env, not several.")
    found = _chosen(dict(variables), cwd, python, prefix, conda_env)
    return msgspec.structs.replace(found, deadline_s=deadline_s)


def _chosen(
    known: dict[str, str],
    cwd: str,
    python: Optional[str],
    prefix: Optional[str],
    conda_env: Optional[str],
) -> Target:
    if python is not None:
        path = python if "/" in python else shutil.which(python, path=known.get("PATH")) or ""
        if not path:
            raise TargetError(f"--python {python}: no such program on PATH. Give its full path.")
        path = os.path.join(cwd, os.path.expanduser(path))
        if not os.path.lexists(path):
            raise TargetError(f"--python {python}: no such file.")
        if os.path.isdir(path):
            raise TargetError(f"--python {python} is a folder. For an environment's folder use --prefix.")
        return Target(path, None, f"--python {python}", known, cwd)
    if conda_env is not None:
        found = _named(conda_env, known)
        return Target(python_of(found), found, f"--conda-env {conda_env}", known, cwd)
    if prefix is not None:
        folder = os.path.normpath(os.path.join(cwd, os.path.expanduser(prefix)))
        if not os.path.isdir(folder):
            raise TargetError(f"--prefix {prefix}: no such folder.")
        return Target(python_of(folder), folder, f"--prefix {prefix}", known, cwd)
    return _active(known, cwd)


def _named(name: str, variables: Mapping[str, str]) -> str:
    found = named_prefixes(name, variables)
    if len(found) > 1:
        others = ", ".join(found[1:])
        raise TargetError(
            f"--conda-env {name}: several environments have that name: {found[0]} (the one that conda "
            f"takes here), {others}. Use --prefix DIR for the one that you mean."
        )
    if not found:
        names = ", ".join(sorted(environment_names(variables))) or "none found"
        raise TargetError(
            f"--conda-env {name}: no such conda environment (known here: {names}). "
            "Use --prefix DIR for one that lies elsewhere."
        )
    return found[0]


def _active(variables: dict[str, str], cwd: str) -> Target:
    # a venv activated inside a conda environment is the inner one: its bin comes first on PATH
    active = [name for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if variables.get(name)]
    first = shutil.which("python3", path=variables.get("PATH")) or ""
    active.sort(key=lambda name: not first.startswith(os.path.join(variables[name], "")))
    for name in active:
        folder = variables[name]
        return Target(python_of(folder), folder, f"{name}={folder}", variables, cwd)
    if not first:
        first = shutil.which("python", path=variables.get("PATH")) or ""
    if not first:
        raise TargetError(
            "No environment is active and there is no python3 on PATH. "
            "Name one with --python PATH, --prefix DIR or --conda-env NAME."
        )
    return Target(os.path.join(cwd, first), None, "python3 on PATH", variables, cwd)


def python_of(prefix: str) -> str:
    """The interpreter of a prefix: `bin/python`, else `bin/python3`; the first where neither is."""
    candidates = [os.path.join(prefix, "bin", name) for name in ("python", "python3")]
    return next((path for path in candidates if os.path.lexists(path)), candidates[0])


def kind_of(prefix: str, base_prefix: str) -> Kind:
    """Return what made the environment, by the files that each tool leaves behind."""
    if os.path.isdir(os.path.join(prefix, "conda-meta")):
        return "conda"
    config = os.path.join(prefix, "pyvenv.cfg")
    if os.path.exists(config):
        try:
            lines = read_text(config, Limit.SETTINGS).split("\n")
        except OSError:
            return "venv"
        keys = {line.partition("=")[0].strip() for line in lines}
        if "uv" in keys:
            return "uv"
        return "virtualenv" if "virtualenv" in keys else "venv"
    if "/uv/python/" in base_prefix:
        return "uv"
    if "/.pyenv/versions/" in prefix or "/pyenv/versions/" in prefix:
        return "pyenv"
    return "system" if prefix in ("/usr", "/usr/local") else "unknown"
