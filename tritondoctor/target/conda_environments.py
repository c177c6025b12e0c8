"""Conda prefixes on this machine: names and places, read from their own files without running conda."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Optional

from tritondoctor.support.reading import Limit, list_folder, read_text
from tritondoctor.target.condarc import environment_folders
from tritondoctor.target.front_ends import front_end

#: whether there is something at a path; of a simulated machine where facts ask
Look = Callable[[str], bool]
_MOST_PREFIXES = 1_000
_INSTALLERS = ("miniforge3", "miniconda3", "anaconda3", "mambaforge", "micromamba")


def prefixes(variables: Mapping[str, str]) -> list[str]:
    """Known prefixes: the active one, the bases, those in the folders of environments, and those of
    `~/.conda/environments.txt`.
    """
    roots = _roots(variables)
    found = [*roots, *_listed(os.path.join(_home(variables), ".conda/environments.txt"))]
    found += [os.path.dirname(os.path.dirname(path)) for path in found if _in_envs(path)]
    for folder in _folders(variables, roots, found):
        found += [os.path.join(folder, name) for name in _names(folder)]
    return [path for path in islice(dict.fromkeys(found), _MOST_PREFIXES) if path and is_prefix(path)]


def folders(variables: Mapping[str, str]) -> list[str]:
    """The folders of named environments, in the order in which conda looks for a name."""
    roots = _roots(variables)
    return _folders(variables, roots, roots)


def _folders(variables: Mapping[str, str], roots: Sequence[str], bases: Sequence[str]) -> list[str]:
    own = [os.path.join(_home(variables), ".conda", "envs")]
    named = environment_folders(variables, roots)
    below = [os.path.join(base, "envs") for base in bases if base]
    return list(dict.fromkeys((*named, *below, *own)))


def _roots(variables: Mapping[str, str]) -> list[str]:
    """What may be a base: of the programs that are active, and what is where installers put one."""
    home = _home(variables)
    names = ("CONDA_ROOT", *(f"CONDA_PREFIX_{n}" for n in range(1, 10)), "MAMBA_ROOT_PREFIX")
    executables = [variables.get(name, "") for name in ("CONDA_EXE", "MAMBA_EXE")]
    usual = [*(os.path.join(home, name) for name in _INSTALLERS), "/opt/conda"]
    return [
        variables.get("CONDA_PREFIX", ""),
        *(os.path.dirname(os.path.dirname(path)) for path in executables),
        *(variables.get(name, "") for name in names),
        *filter(os.path.isdir, usual),
    ]


def _home(variables: Mapping[str, str]) -> str:
    return variables.get("HOME", "")


def _in_envs(path: str) -> bool:
    return os.path.basename(os.path.dirname(path)) == "envs"


def is_prefix(path: str, is_dir: Look = os.path.isdir) -> bool:
    """Whether the folder is a conda prefix."""
    return is_dir(os.path.join(path, "conda-meta"))


def prefix_of(path: str, is_dir: Look = os.path.isdir) -> Optional[str]:
    """The conda prefix that a path lies in; None outside any."""
    while path.strip("/"):  # the parent of // is //
        if is_prefix(path, is_dir):
            return path
        path = os.path.dirname(path)
    return None


def environment_names(variables: Mapping[str, str]) -> list[str]:
    """The names of the known environments, as `conda env list` has them."""
    variables = _with_program(variables)
    known = folders(variables)
    return list(dict.fromkeys(name_of(path, known) for path in prefixes(variables)))


def named_prefixes(name: str, variables: Mapping[str, str]) -> list[str]:
    """The prefixes of the environments of that name, the one that conda takes first."""
    variables = _with_program(variables)
    known = folders(variables)
    found = [path for path in prefixes(variables) if name_of(path, known) == name]
    order = {folder: number for number, folder in enumerate(known)}
    found.sort(key=lambda path: order.get(os.path.dirname(path), len(order)))
    distinct: dict[str, str] = {}
    for path in found:
        distinct.setdefault(os.path.realpath(path), path)
    return list(distinct.values())


def _with_program(variables: Mapping[str, str]) -> Mapping[str, str]:
    """With the conda that is on PATH, whose environments are meant where no hook has run."""
    found = None if variables.get("CONDA_EXE") else front_end(variables)
    return {**variables, "CONDA_EXE": os.path.realpath(found.program)} if found else variables


def name_of(prefix: str, known: Collection[str] = (), exists: Look = os.path.exists) -> str:
    """The environment's name: in a folder of environments its own, `base`, else the prefix itself."""
    if _in_envs(prefix) or os.path.dirname(prefix) in known:
        return os.path.basename(prefix)
    return "base" if is_base(prefix, exists) else prefix


def is_base(prefix: str, exists: Look = os.path.exists) -> bool:
    """Whether the prefix holds conda or mamba itself."""
    return any(exists(os.path.join(prefix, place)) for place in ("condabin/conda", "condabin/mamba"))


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
    return next((prefix for prefix in known if path.startswith(prefix.rstrip("/") + "/")), None)
