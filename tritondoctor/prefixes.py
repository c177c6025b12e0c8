"""Conda prefixes on this machine: names and places, from their own files; no conda is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from typing import Optional

from tritondoctor.support.reading import Limit, list_folder, read_text

_MOST_PREFIXES = 1_000


def prefixes(variables: Mapping[str, str]) -> list[str]:
    """Known prefixes: the active one and those below it, the base, `~/.conda/environments.txt`."""
    home = variables.get("HOME", "")
    names = ("CONDA_PREFIX", *(f"CONDA_PREFIX_{n}" for n in range(1, 10)))
    found = [variables.get(name, "") for name in names]
    executable = variables.get("CONDA_EXE") or variables.get("MAMBA_EXE") or ""
    found += [os.path.dirname(os.path.dirname(executable)), variables.get("MAMBA_ROOT_PREFIX", "")]
    found += _listed(os.path.join(home, ".conda", "environments.txt"))
    for root in [*found, f"{home}/miniforge3", f"{home}/miniconda3", "/opt/conda"]:
        folder = os.path.join(root, "envs")
        if root and os.path.isdir(folder):
            found += [root, *(os.path.join(folder, name) for name in _names(folder))]
    return [path for path in islice(dict.fromkeys(found), _MOST_PREFIXES) if path and is_prefix(path)]


def is_prefix(path: str) -> bool:
    """Whether the folder is a conda prefix."""
    return os.path.isdir(os.path.join(path, "conda-meta"))


def prefix_of(path: str) -> Optional[str]:
    """The conda prefix that a path lies in; None outside any."""
    while path.strip("/"):  # the parent of // is //
        if is_prefix(path):
            return path
        path = os.path.dirname(path)
    return None


def environment_names(variables: Mapping[str, str]) -> dict[str, str]:
    """Name -> prefix, as `conda env list` names them."""
    return {name_of(path): path for path in prefixes(variables)}


def named_prefix(name: str, variables: Mapping[str, str]) -> Optional[str]:
    """The prefix of the environment of that name; None where there is none."""
    return environment_names(variables).get(name)


def name_of(prefix: str) -> str:
    """The environment's name: below `envs` the folder's, `base`, else the prefix itself."""
    if os.path.basename(os.path.dirname(prefix)) == "envs":
        return os.path.basename(prefix)
    return "base" if is_base(prefix) else prefix


def is_base(prefix: str) -> bool:
    """Whether the prefix holds conda or mamba itself."""
    return any(
        os.path.exists(os.path.join(prefix, place)) for place in ("condabin/conda", "condabin/mamba")
    )


def _listed(path: str) -> list[str]:
    try:
        lines = read_text(path, Limit.SETTINGS).split("\n")
    except OSError:
        return []
    return [line.strip() for line in lines[:_MOST_PREFIXES]]


def _names(folder: str) -> list[str]:
    try:
        return list_folder(folder)[:_MOST_PREFIXES]
    except OSError:
        return []


def conda_prefix_in(path: str, known: list[str]) -> Optional[str]:
    """Which of the known prefixes a path lies in."""
    return next((one for one in known if path.startswith(one.rstrip("/") + "/")), None)
