"""Ports for the server: free ones, unless PyTriton's own variables name them."""

from __future__ import annotations

import socket
from collections.abc import Mapping

_VARIABLE = "PYTRITON_TRITON_CONFIG_{}_PORT"
DEFAULTS = {"http": "8000", "grpc": "8001", "metrics": "8002"}


def choose(variables: Mapping[str, str]) -> dict[str, int]:
    """Return a free port for each endpoint whose port no variable names.

    An endpoint whose default port a variable gives to another one keeps it: that clash is the fault to
    show.
    """
    configured = {name: variables.get(_VARIABLE.format(name.upper())) for name in DEFAULTS}
    names = [
        name
        for name in DEFAULTS
        if configured[name] is None and DEFAULTS[name] not in configured.values()
    ]
    listeners = [socket.socket() for _ in names]  # open together, so that their ports differ
    try:
        for listener in listeners:
            listener.bind(("", 0))
        return {name: listener.getsockname()[1] for name, listener in zip(names, listeners)}
    finally:
        for listener in listeners:
            listener.close()
