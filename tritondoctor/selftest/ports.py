"""Ports for the server: free ones, except where PyTriton's own variables name them."""

from __future__ import annotations

import socket
from collections.abc import Mapping

_VARIABLE = "PYTRITON_TRITON_CONFIG_{}_PORT"
DEFAULTS = {"http": "8000", "grpc": "8001", "metrics": "8002"}


def choose(variables: Mapping[str, str]) -> dict[str, int]:
    """A free port for each endpoint whose port no variable names.

    Where a variable names another endpoint's default port, that one stays: the clash is the fault.
    """
    told = {name: variables.get(_VARIABLE.format(name.upper())) for name in DEFAULTS}
    names = [name for name in DEFAULTS if told[name] is None and DEFAULTS[name] not in told.values()]
    held = [socket.socket() for _ in names]  # together, so that they are different
    try:
        for one in held:
            one.bind(("", 0))
        return {name: one.getsockname()[1] for name, one in zip(names, held)}
    finally:
        for one in held:
            one.close()
