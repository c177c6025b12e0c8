"""Names and proxies: which way a request to this machine's own server goes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Optional

from tritondoctor.support.reading import Limit, read_text

#: a name server that does not answer keeps getaddrinfo for many seconds
_PATIENCE_S = 0.3


def grpc_proxy(variables: Mapping[str, str], host: str) -> Optional[str]:
    """The variable that gives gRPC a proxy for a host (grpc: doc/environment_variables.md)."""
    spared = variables.get("no_grpc_proxy") or variables.get("no_proxy") or ""
    if any(part.strip() in (host, "*") for part in spared.split(",")):
        return None
    names = ("grpc_proxy", "https_proxy", "http_proxy")
    return next((name for name in names if variables.get(name)), None)


def localhost() -> tuple[str, ...]:
    """Where `localhost` leads; the file of hosts is read first, as nearly every machine says."""
    stated = _in_hosts("localhost")
    return stated if any(one.startswith("127.") for one in stated) else _resolved("localhost") or stated


def _in_hosts(name: str) -> tuple[str, ...]:
    try:
        text = read_text("/etc/hosts", Limit.SETTINGS)
    except OSError:
        return ()
    lines = [line.partition("#")[0].split() for line in text.split("\n")]
    return tuple(line[0] for line in lines if name in line[1:])


def _resolved(name: str) -> tuple[str, ...]:
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError:
            return
        found.extend(str(answer[4][0]) for answer in answers)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE_S)
    return tuple(dict.fromkeys(found))
