"""The PyTriton servers of this machine, from /proc: what a process runs is the kernel's word, its options
are its own.  Only options that hold no secret are kept.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Optional

from tritondoctor.running.http import Address
from tritondoctor.running.model import Hidden, RunningServer
from tritondoctor.support import proc, pytriton_traces, tritonservers
from tritondoctor.support.numbers import whole

#: tritonserver --help: the options of an endpoint, with its default port
_ENDPOINTS = {"http": 8000, "grpc": 8001, "metrics": 8002}
_PORTS = range(1, 1 << 16)
_TRUE = ("true", "on", "1")
_RESTRICTED = re.compile(r"--(?:http-restricted-api|grpc-restricted-protocol)")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}


def servers() -> list[RunningServer]:
    """Return every tritonserver of PyTriton's that is visible here, the oldest first."""
    found = [server for pid in tritonservers.tritonservers() if (server := _server(pid)) is not None]
    return sorted(found, key=lambda server: -(server.age_s or 0))


def of_process(pid: int) -> list[RunningServer]:
    """Return the servers that a process belongs to: as PyTriton's own, as tritonserver, or below them."""
    above = {pid, *_ancestors(pid)}
    return [server for server in servers() if server.server_pid in above or (pid == server.pid)] or [
        server for server in servers() if server.pid in above
    ]


def of_url(address: Address, metrics: Optional[Address]) -> RunningServer:
    """Return a server of which only the addresses are known.

    Without `metrics` they are at that of a server of this machine with this address, else at port 8002.
    """
    local = server_at(address) if metrics is None else None
    default = Address(address.host, _ENDPOINTS["metrics"], address.tls)
    found = local.metrics if local else None
    return RunningServer(str(address), found or str(metrics or default), hidden=("processes",))


def server_at(address: Address) -> Optional[RunningServer]:
    """Return the server of this machine that listens at an address, for whatever."""
    host = _EVERYWHERE.get(address.host, address.host)
    local = str(Address(host, address.port, address.tls))
    places = ((server, (server.http, server.grpc, server.metrics)) for server in servers())
    return next((server for server, addresses in places if local in addresses), None)


def _server(pid: int) -> Optional[RunningServer]:
    command = proc.read(pid, "cmdline")
    option = pytriton_traces.SERVER_OPTION.search(command)
    row = proc.stat(pid)
    program = proc.program(pid)
    if option is None or row is None or row.state in "ZX":
        return None
    if program and not program.endswith(f"/{pytriton_traces.SERVER}"):
        return None
    known = tritonservers.server(pid)
    orphan = known.orphan if known else row.parent == 1
    arguments = os.fsdecode(command).split("\0")
    hidden = tuple(_hidden(pid, row.parent, program))
    options = _options(arguments)
    addresses = {} if "network" in hidden else {name: _address(name, options) for name in _ENDPOINTS}
    uid = tritonservers.uid_of(pid)
    return RunningServer(
        **{name: addresses.get(name) for name in _ENDPOINTS},
        pid=None if orphan else row.parent,
        server_pid=pid,
        user="" if uid is None else tritonservers.user_name(uid),
        program=proc.program(row.parent) if not orphan else "",
        age_s=age_s(int(row.start)),
        token_shown=any(
            _RESTRICTED.fullmatch(name) and "=" in value for name, value in _pairs(arguments)
        ),
        hidden=hidden,
    )


def _hidden(pid: int, parent: int, program: str) -> Iterator[Hidden]:
    if not program:
        yield "program"
    if not os.access(f"/proc/{parent}/fd", os.R_OK | os.X_OK):
        yield "waits"
    if not _in_our_network(pid, bool(program)):
        yield "network"


def _in_our_network(pid: int, visible: bool) -> bool:
    """Whether 127.0.0.1 is the same for that process; of another user's, whether its uid listens here."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino
    except OSError:
        uid = tritonservers.uid_of(pid)
        options = _options(os.fsdecode(proc.read(pid, "cmdline")).split("\0"))
        numbers = [_port(name, options) for name in _ENDPOINTS if _allowed(name, options)]
        return not visible and any(tritonservers.listening_user(number) == uid for number in numbers)


def _address(name: str, options: Mapping[str, str]) -> Optional[str]:
    if not _allowed(name, options):
        return None
    host = options.get(f"--{name}-address", "")
    if name == "metrics":  # it takes that of HTTP where it has none (docs/user_guide/metrics.md)
        host = host or options.get("--http-address", "")
    host, port = _EVERYWHERE.get(host or "0.0.0.0", host), _port(name, options)
    return str(Address(host, port)) if port in _PORTS and _is_local(host) else None


def _is_local(host: str) -> bool:
    """Whether it is an address of this machine: what a process says of itself sends nobody elsewhere."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((socket.inet_ntop(family, socket.inet_pton(family, host)), 0))
    except (OSError, ValueError):
        return False
    return True


def _allowed(name: str, options: Mapping[str, str]) -> bool:
    return options.get(f"--allow-{name}", "true").lower() in _TRUE


def _port(name: str, options: Mapping[str, str]) -> int:
    text = options.get(f"--{name}-port", "")
    return whole(text) if text.isdecimal() else _ENDPOINTS[name]


def _options(arguments: list[str]) -> dict[str, str]:
    names = {f"{prefix}{name}{suffix}" for name in _ENDPOINTS
             for prefix, suffix in (("--allow-", ""), ("--", "-port"), ("--", "-address"))}  # fmt: skip
    return {name: value for name, value in _pairs(arguments) if name in names}


def _pairs(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Options with their values, `--name value` or `--name=value`."""
    for argument, following in zip(arguments, [*arguments[1:], ""]):
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            yield name, value if equals else following


def _ancestors(pid: int) -> Iterator[int]:
    for _ in range(64):
        row = proc.stat(pid)
        if row is None or row.parent <= 1:
            return
        pid = row.parent
        yield pid


def age_s(start: int) -> float:
    """How long ago a process began; `start` counts clock ticks since the machine started."""
    return round(max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - start / os.sysconf("SC_CLK_TCK")), 1)
