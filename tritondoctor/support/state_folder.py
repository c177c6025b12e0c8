"""Where the doctor keeps what outlives a command."""

from __future__ import annotations

import os
from collections.abc import Mapping


def of_records(variables: Mapping[str, str]) -> str:
    """The folder of the records of fixes (the XDG base directory specification)."""
    home = variables.get("HOME") or os.path.expanduser("~")
    state = variables.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    return os.path.join(os.path.abspath(state), "tritondoctor", "fixes")
