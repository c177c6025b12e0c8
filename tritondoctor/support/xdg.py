"""The user's folders for caches, state and settings (XDG Base Directory Specification).

Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping


def home(variables: Mapping[str, str]) -> str:
    """Return the user's home folder."""
    return variables.get("HOME") or os.path.expanduser("~")


def cache_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for what can be fetched or computed again."""
    return variables.get("XDG_CACHE_HOME") or os.path.join(home(variables), ".cache")


def state_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for what must outlive a restart."""
    return variables.get("XDG_STATE_HOME") or os.path.join(home(variables), ".local", "state")


def settings_folder(variables: Mapping[str, str]) -> str:
    """Return the folder for the user's settings."""
    return variables.get("XDG_CONFIG_HOME") or os.path.join(home(variables), ".config")
