"""Names and proxies: how a request reaches this machine's own server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Optional

from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit, read_text

#: getaddrinfo waits many seconds for a name server that does not answer
_PATIENCE_S = 0.3
_PROXIES = ("grpc_proxy", "https_proxy", "http_proxy")
_HTTP = pattern(r"(?i)http://[^/]")


def grpc_proxy(variables: Mapping[str, str], host: str) -> Optional[str]:
    """Return the variable that gives gRPC a proxy for a host.

    As grpc's http_proxy_mapper.cc: the first that is set counts, an empty one and any scheme but http are
    no proxy; what no_grpc_proxy or no_proxy lists are ends of names, addresses and networks.
    """
    name = next((name for name in _PROXIES if name in variables), None)
    if name is None or not _HTTP.match(variables[name]):
        return None
    spared = variables.get("no_grpc_proxy", variables.get("no_proxy", ""))
    entries = filter(None, (entry.strip().lower() for entry in spared.split(",")))
    return None if any(host.endswith(entry) or _within(host, entry) for entry in entries) else name


def _within(host: str, network: str) -> bool:
    import ipaddress  # half a millisecond, for the few that have a proxy

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def localhost() -> tuple[str, ...]:
    """Return where `localhost` leads; /etc/hosts is read first, as on nearly every machine."""
    stated = _in_hosts("localhost")
    return (
        stated
        if any(address.startswith("127.") for address in stated)
        else _resolved("localhost") or stated
    )


def _in_hosts(name: str) -> tuple[str, ...]:
    try:
        text = read_text("/etc/hosts", Limit.SETTINGS)
    except OSError:
        return ()
    lines = [line.partition("#")[0].split() for line in text.split("\n")]
    return tuple(line[0] for line in lines if name in line[1:])


def _resolved(name: str) -> tuple[str, ...]:
    found: list[str] = []

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError:
            return
        found.extend(str(answer[4][0]) for answer in answers)

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)
    return tuple(dict.fromkeys(found))
