"""Where the doctor keeps what outlives a command."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tritondoctor.support import xdg


def of_records(variables: Mapping[str, str]) -> str:
    """Return the folder of the records of fixes."""
    return os.path.join(os.path.abspath(xdg.own_state(variables)), "tritondoctor", "fixes")
