"""The user's folders for caches, state and settings (XDG Base Directory Specification).

Standard library only.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Mapping

from tritondoctor.support import writers


def home(variables: Mapping[str, str]) -> str:
    """Return the user's home folder."""
    return variables.get("HOME") or os.path.expanduser("~")


def cache_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for what can be fetched or computed again."""
    return _folder(variables, "XDG_CACHE_HOME", ".cache")


def state_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for what must outlive a restart."""
    return _folder(variables, "XDG_STATE_HOME", ".local/state")


def settings_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for the user's settings."""
    return _folder(variables, "XDG_CONFIG_HOME", ".config")


def data_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for the user's data."""
    return _folder(variables, "XDG_DATA_HOME", ".local/share")


def _folder(variables: Mapping[str, str], name: str, below_home: str) -> str:
    """The variable's where that is absolute: the specification has a relative path ignored, which would
    be another folder wherever a command is typed.
    """
    given = variables.get(name, "")
    return given if os.path.isabs(given) else os.path.join(home(variables), below_home)


def own_cache(variables: Mapping[str, str]) -> str:
    """Return the cache folder for what the doctor writes and trusts when it reads it again."""
    return _roots(cache_folder(variables), ".cache")


def own_state(variables: Mapping[str, str]) -> str:
    """Return the state folder for what the doctor writes and trusts when it reads it again."""
    return _roots(state_folder(variables), os.path.join(".local", "state"))


def _roots(folder: str, below_home: str) -> str:
    """The folder; for root, who may have another user's HOME (sudo -E), one that only root can change."""
    if os.geteuid() != 0 or _is_roots(os.path.realpath(os.path.join(folder, "tritondoctor"))):
        return folder
    try:
        home_of_root = pwd.getpwuid(0).pw_dir
    except KeyError:
        home_of_root = "/root"
    return os.path.join(home_of_root, below_home)


def _others_may_change(path: str) -> bool:
    info = os.lstat(path)
    if info.st_uid != 0:
        return True
    if info.st_mode & stat.S_ISVTX or stat.S_ISLNK(info.st_mode):
        return False
    may_write = writers.of(path, info)
    return may_write.anyone or any(may_write.users) or any(may_write.groups)


def _is_roots(path: str) -> bool:
    """Whether that path, without links, and all folders above it belong to root, as far as they exist."""
    while True:
        if os.path.lexists(path) and _others_may_change(path):
            return False
        if path == os.path.dirname(path):
            return True
        path = os.path.dirname(path)
