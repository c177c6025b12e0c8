"""conda's own settings, as far as they say where environments lie; conda itself is not run.

The files and their order are those of conda.base.constants.SEARCH_PATH, and mamba's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from tritondoctor.support import xdg
from tritondoctor.support.reading import Limit, Reason, Unreadable, list_folder, read_text

#: a value that is read at all: most files name neither, and YAML takes long to import
_KEYS = ("envs_dirs", "envs_path")
_NAMES = (".condarc", "condarc", "condarc.d")
_MOST = 100


def environment_folders(variables: Mapping[str, str], roots: Iterable[str]) -> list[str]:
    """The folders whose folders are named environments, in the order in which conda looks for a name."""
    home = variables.get("HOME", "")
    found = [
        folder
        for name in ("CONDA_ENVS_DIRS", "CONDA_ENVS_PATH")
        for folder in variables.get(name, "").split(os.pathsep)
    ]
    for _path, value in values(variables, roots, _KEYS):
        items = value if isinstance(value, list) else [value]
        found += [item for item in items if isinstance(item, str) and item not in _NULL]
    expanded = [_expanded(folder, variables, home) for folder in found if folder]
    return [folder for folder in dict.fromkeys(expanded) if os.path.isabs(folder)][:_MOST]


def values(
    variables: Mapping[str, str], roots: Iterable[str], keys: Collection[str]
) -> Iterator[tuple[str, object]]:
    """(file, value) of each setting of these names, in the order of what counts most."""
    for path in _files(variables, variables.get("HOME", ""), [root for root in roots if root]):
        yield from ((path, value) for value in _named_in(path, keys))


def _files(variables: Mapping[str, str], home: str, roots: list[str]) -> Iterator[str]:
    """The files that there are, those that count most first."""
    yield from (variables[name] for name in ("CONDARC", "MAMBARC") if variables.get(name))
    settings = xdg.settings_folder(variables)
    active = [variables[name] for name in ("CONDA_PREFIX", "MAMBA_ROOT_PREFIX") if variables.get(name)]
    yield from (f"{home}/.condarc", f"{home}/.mambarc")
    folders = [*active, f"{home}/.conda", f"{settings}/conda", f"{home}/.mamba", *roots]
    for folder in dict.fromkeys((*folders, "/var/lib/conda", "/etc/conda")):
        for name in _names_in(folder):
            yield from _expanded_folder(os.path.join(folder, name))


def _names_in(folder: str) -> Iterator[str]:
    """The names of settings that there are, by one listing; all where it cannot be listed."""
    try:
        there: Collection[str] = list_folder(folder)
    except Unreadable as failure:
        there = () if failure.reason is Reason.MISSING else _NAMES
    return (name for name in _NAMES if name in there)


def _expanded_folder(path: str) -> Iterator[str]:
    if not path.endswith(".d"):
        yield path
        return
    try:
        names = list_folder(path)[:_MOST]
    except OSError:
        return
    yield from (os.path.join(path, name) for name in names if name.endswith((".yml", ".yaml")))


#: nothing, as YAML 1.2 writes it (10.3.2)
_NULL = ("", "~", "null", "Null", "NULL")


def _named_in(path: str, keys: Collection[str]) -> list[object]:
    try:
        text = read_text(path, Limit.SETTINGS)
    except OSError:
        return []
    if not re.search(rf"^\s*['\"]?(?:{'|'.join(keys)})\b", text, re.M):
        return []
    from tritondoctor.support import yaml_text

    try:
        settings = yaml_text.load(text)
    except ValueError:
        return []
    return [settings[key] for key in keys if key in settings] if isinstance(settings, dict) else []


def _expanded(folder: str, variables: Mapping[str, str], home: str) -> str:
    from string import Template

    path = Template(folder).safe_substitute(variables)
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    return os.path.normpath(path)
