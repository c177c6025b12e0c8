"""Where conda, Poetry, Pipenv, Hatch and PDM keep the environment of a project; none of them is started.

Sources: poetry `EnvManager.generate_env_name`, pipenv `Project.virtualenv_name`, hatch
`VirtualEnvironment.__init__` (hatch/env/virtual.py), pdm `Project._saved_python` (.pdm-python).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from tritondoctor.support import xdg
from tritondoctor.support.reading import Limit, list_folder, read_text
from tritondoctor.target.conda_environments import named_prefixes

_CONDA_FILES = ("environment.yml", "environment.yaml", "conda.yml")


def environments(folder: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each environment that the files of the folder lead to, and the tool that keeps it."""
    names = set(_names(folder))
    for file in _CONDA_FILES:
        if file in names:
            yield from _conda(os.path.join(folder, file), variables)
    if "Pipfile" in names:
        yield from _pipenv(folder, variables)
    if ".pdm-python" in names:
        yield from _pdm(os.path.join(folder, ".pdm-python"))
    if "pyproject.toml" in names:
        yield from _poetry(folder, variables)
        yield from _hatch(folder, variables)


def _conda(file: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    text = _text(file)
    prefix = re.search(r"(?m)^prefix:\s*['\"]?(/[^'\"#\n]+?)['\"]?\s*$", text)
    if prefix:
        yield prefix[1], os.path.basename(file)
    name = re.search(r"(?m)^name:\s*['\"]?([^'\"#\s]+)", text)
    for found in named_prefixes(name[1], variables)[:1] if name else ():
        yield found, os.path.basename(file)


def _pipenv(folder: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    home = variables.get("WORKON_HOME") or os.path.join(xdg.data_folder(variables), "virtualenvs")
    digest = _digest(os.path.join(folder, "Pipfile"), 6)
    for name in _names(home):
        if name.rpartition(f"-{digest}")[2] in ("", f"-{variables.get('PIPENV_PYTHON', '')}"):
            yield os.path.join(home, name), "Pipenv"


def _pdm(file: str) -> Iterator[tuple[str, str]]:
    python = _text(file).strip()
    if os.path.isabs(python):
        yield os.path.dirname(os.path.dirname(python)), "PDM"


def _poetry(folder: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    cache = variables.get("POETRY_CACHE_DIR") or os.path.join(xdg.cache_folder(variables), "pypoetry")
    home = variables.get("POETRY_VIRTUALENVS_PATH") or os.path.join(cache, "virtualenvs")
    digest = _digest(os.path.realpath(folder))
    for name in _names(home):
        if re.search(rf"-{re.escape(digest)}-py\d", name):
            yield os.path.join(home, name), "Poetry"


def _hatch(folder: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    data = variables.get("HATCH_DATA_DIR") or os.path.join(xdg.data_folder(variables), "hatch")
    home, digest = os.path.join(data, "env", "virtual"), _digest(folder)
    for project in _names(home):
        place = os.path.join(home, project, digest)
        for name in _names(place):
            yield os.path.join(place, name), "Hatch"


def _digest(path: str, size: int = 32) -> str:
    """The first letters of the path's SHA-256, by which a tool names the environment of that folder."""
    from tritondoctor.support.digests import sha256, urlsafe

    return urlsafe(sha256(os.fsencode(path)).digest()[:size])[:8]


def _names(folder: str) -> list[str]:
    try:
        return list_folder(folder)
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        return read_text(path, Limit.SETTINGS)
    except OSError:
        return ""
