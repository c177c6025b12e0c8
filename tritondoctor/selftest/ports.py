"""Ports for the server: free ones, except where PyTriton's own variables name them."""

from __future__ import annotations

import socket
from collections.abc import Mapping

_VARIABLE = "PYTRITON_TRITON_CONFIG_{}_PORT"
ENDPOINTS = ("http", "grpc", "metrics")


def choose(variables: Mapping[str, str]) -> dict[str, int]:
    """A free port for each endpoint whose port no variable names."""
    names = [name for name in ENDPOINTS if _VARIABLE.format(name.upper()) not in variables]
    held = [socket.socket() for _ in names]  # together, so that they are different
    try:
        for one in held:
            one.bind(("", 0))
        return {name: one.getsockname()[1] for name, one in zip(names, held)}
    finally:
        for one in held:
            one.close()
