"""The target where none is named: the active environment, one that lies here, or python3 on PATH."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from typing import Optional

from tritondoctor.support import xdg
from tritondoctor.support.messages import _
from tritondoctor.target import nearby, programs, strangers
from tritondoctor.target.model import Target, TargetError, python_of

_NAMES = ("python3", "python")
_BY_PATH = "python3 on PATH"


def chosen(variables: dict[str, str], cwd: str) -> Target:
    """The active environment, else one that lies here, else python3 on PATH; the doctor's own is last.

    Raises TargetError where there is none, or several lie here.
    """
    own = own_prefix()
    path = _without(os.path.join(own, "bin"), variables.get("PATH")) if own else variables.get("PATH")
    first = next(filter(None, (programs.first_on_path(name, path) for name in _NAMES)), "")
    active = _active(variables, first)
    if active is not None and not (_same(active[1], own) and not nearby.pytriton_in(active[1])):
        return Target(python_of(active[1]), active[1], f"{active[0]}={active[1]}", variables, cwd)
    found = nearby.environments(cwd, variables)
    found = [environment for environment in found if not _same(environment.prefix, own)]
    suits = any(environment.pytriton for environment in found) or not _has_pytriton(first, variables)
    if found and suits:
        return _nearby(found, variables, cwd)
    if active is not None:
        return Target(python_of(active[1]), active[1], f"{active[0]}={active[1]}", variables, cwd)
    if not first:
        raise TargetError(
            _(
                "No environment is active, none was found here, and there is no python3 on PATH. "
                "Name one with --python PATH, --prefix DIR or --conda-env NAME."
            )
        )
    return Target(first, None, _on_path(path, cwd), variables, cwd)


def _on_path(path: Optional[str], cwd: str) -> str:
    """What chose it; PyTriton's own start would take what a relative folder of PATH holds."""
    passed_over = programs.relative_on_path(_NAMES, path, cwd)
    if not passed_over:
        return _BY_PATH
    return _("{chosen}; not {others}, in a relative folder of PATH", chosen=_BY_PATH,
             others=", ".join(passed_over))  # fmt: skip


def _active(variables: Mapping[str, str], first: str) -> Optional[tuple[str, str]]:
    """The variable that names the active environment, and its folder.

    A venv activated inside a conda environment is the inner one: its bin comes first on PATH.
    """
    names = [name for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if variables.get(name)]
    names.sort(key=lambda name: not first.startswith(os.path.join(variables[name], "")))
    return (names[0], variables[names[0]]) if names else None


def _nearby(found: list[nearby.NearbyEnvironment], variables: dict[str, str], cwd: str) -> Target:
    chosen = nearby.only_with_pytriton(found)
    if chosen is None:
        raise TargetError(several(found, cwd))
    if chosen.stranger:
        raise strangers.refusal(shown(chosen.stranger, cwd), shown(chosen.prefix, cwd))
    others = [environment for environment in found if environment is not chosen]
    chosen_by = _whose(chosen, cwd)
    if others:
        listed = ", ".join(shown(environment.prefix, cwd) for environment in others)
        chosen_by = _("{chosen}; without PyTriton: {others}", chosen=chosen_by, others=listed)
    return Target(python_of(chosen.prefix), chosen.prefix, chosen_by, variables, cwd)


def _whose(chosen: nearby.NearbyEnvironment, cwd: str) -> str:
    if not chosen.prefix.endswith(f"/{chosen.owner}"):
        return _("{owner}, for this project", owner=chosen.owner)
    folder = chosen.prefix[: -len(chosen.owner) - 1]
    if folder == cwd:
        return _("{name} in this folder", name=chosen.owner)
    return _("{name} in {folder}", name=chosen.owner, folder=folder)


def several(found: list[nearby.NearbyEnvironment], cwd: str) -> str:
    rows = [(shown(environment.prefix, cwd), _content(environment)) for environment in found]
    column = max(len(name) for name, _content in rows)
    lines = [f"  {name:<{column}}  {content}" for name, content in rows]
    head = _("No environment is active, and several were found:")
    last = _("Name one of them: {command}", command=f"tritondoctor check {shlex.quote(rows[0][0])}")
    return "\n".join([head, *lines, last])


def _content(environment: nearby.NearbyEnvironment) -> str:
    if environment.pytriton:
        return f"PyTriton {environment.pytriton} ({environment.owner})"
    return _("no PyTriton ({owner})", owner=environment.owner)


def shown(prefix: str, cwd: str) -> str:
    """The path from here, where it lies below."""
    return os.path.relpath(prefix, cwd) if prefix.startswith(os.path.join(cwd, "")) else prefix


def own_prefix() -> str:
    """The environment that this doctor is installed in; "" where it is one file, or the system's."""
    if getattr(__spec__.loader, "archive", None) is not None:
        return ""
    inside = __file__.startswith(os.path.join(sys.prefix, "")) and sys.prefix not in (
        "/usr",
        "/usr/local",
    )
    return sys.prefix if inside or sys.prefix != sys.base_prefix else ""


def _same(first: str, second: str) -> bool:
    return bool(second) and os.path.realpath(first) == os.path.realpath(second)


def _without(folder: str, path: Optional[str]) -> str:
    """PATH without a folder."""
    folders = (path or "").split(os.pathsep)
    return os.pathsep.join(entry for entry in folders if not _same(entry or ".", folder))


def _has_pytriton(python: str, variables: Mapping[str, str]) -> bool:
    """Whether the interpreter's own folder has PyTriton in it, or what `pip install --user` fills."""
    folders = [os.path.dirname(os.path.dirname(python)), os.path.join(xdg.home(variables), ".local")]
    return bool(python) and any(map(nearby.pytriton_in, folders))
