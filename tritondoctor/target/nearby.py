"""The environments of a folder: in it or above it, and those that the project's tools keep elsewhere.

Nothing is started and no link is resolved: an environment is named by the path by which it was found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Optional

import msgspec

from tritondoctor.support.ownership import not_ours
from tritondoctor.support.reading import list_folder
from tritondoctor.target.strangers import in_place_of_python

#: the names that uv, Poetry, PDM and the manual of venv give; pixi's default environment
_NAMES = (".venv", "venv", "env", ".pixi/envs/default")
_MOST_FOLDERS_ABOVE = 64


class NearbyEnvironment(msgspec.Struct, frozen=True):
    """An environment's folder, whose it is, the release of PyTriton in it ("" for none), and the file by
    which something else than a Python would be started ("" for none).
    """

    prefix: str
    owner: str
    pytriton: str
    stranger: str = ""


def environments(folder: str, variables: Mapping[str, str]) -> list[NearbyEnvironment]:
    """The environments of the nearest folder that has any, from `folder` upwards.

    None above the home, nor in or above a folder that other users can write: it would be started.
    """
    home = variables.get("HOME", "").rstrip("/")
    user = _owner_for_root(folder)
    for place in _upwards(folder, home):
        if not_ours(place, user):
            return []
        known = {prefix: owner for prefix, owner in _of(place, variables) if is_environment(prefix)}
        found = {prefix: owner for prefix, owner in known.items() if not not_ours(prefix, user)}
        if found:
            return [
                NearbyEnvironment(
                    prefix, owner, pytriton_in(prefix), in_place_of_python(prefix, place, user)
                )
                for prefix, owner in found.items()
            ]
    return []


def _owner_for_root(folder: str) -> int:
    """For root whose folder it is that it works in: what is that user's is examined as that user."""
    try:
        return os.stat(folder).st_uid if os.geteuid() == 0 else 0
    except OSError:
        return 0


def _upwards(folder: str, home: str) -> Iterator[str]:
    for _ in range(_MOST_FOLDERS_ABOVE):
        yield folder
        above = os.path.dirname(folder)
        if above == folder or folder == home:
            return
        folder = above


def _of(folder: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in _NAMES:
        yield os.path.join(folder, name), name
    from tritondoctor.target import managers

    yield from managers.environments(folder, variables)


def is_environment(prefix: str) -> bool:
    """Whether the folder has what every environment has: an interpreter, be it a broken link."""
    files = ("bin/python", "bin/python3", "pyvenv.cfg")
    if any(os.path.lexists(os.path.join(prefix, file)) for file in files):
        return True
    return os.path.isdir(os.path.join(prefix, "conda-meta"))


def pytriton_in(prefix: str) -> str:
    """The release of PyTriton that a prefix holds by the names of its folders, "" for none."""
    for folder in _site_packages(prefix):
        for name in _names(folder):
            release = re.fullmatch(r"nvidia_pytriton-(.+)\.dist-info", name)
            if release:
                return release[1]
    return ""


def _site_packages(prefix: str) -> Iterator[str]:
    for library in ("lib", "lib64", "local/lib"):
        folder = os.path.join(prefix, library)
        for name in _names(folder):
            if name.startswith("python3"):
                yield os.path.join(folder, name, "site-packages")
                yield os.path.join(folder, name, "dist-packages")


def _names(folder: str) -> list[str]:
    try:
        return list_folder(folder)
    except OSError:
        return []


def only_with_pytriton(found: list[NearbyEnvironment]) -> Optional[NearbyEnvironment]:
    """The one environment to choose: the only one, or the only one that has PyTriton."""
    having = [environment for environment in found if environment.pytriton]
    chosen = having or found
    return chosen[0] if len(chosen) == 1 else None
