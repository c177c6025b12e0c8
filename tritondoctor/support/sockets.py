"""The sockets of a process by their inodes: /proc/<pid>/net (proc(5)).  Read only."""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tritondoctor.support import proc, threads
from tritondoctor.support.patterns import pattern

_SOCKET = pattern(r"socket:\[(\d+)\]$")
#: net/tcp_states.h
_STATES = {
    1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT",
    7: "CLOSE", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN",
}  # fmt: skip


class Socket(NamedTuple):
    """A socket: `kind` is tcp, udp or unix; addresses are `127.0.0.1:8000` or a path, "" for none."""

    kind: str
    local: str
    remote: str = ""
    state: str = ""


def sockets(pid: int) -> dict[int, Socket]:
    """Return descriptor -> socket, of those whose other end or name the kernel tells."""
    known = dict(_known(pid))
    found = {}
    for descriptor, target in threads.descriptors(pid).items():
        match = _SOCKET.match(target)
        if match and match[1] in known:
            found[descriptor] = known[match[1]]
    return found


def _known(pid: int) -> Iterator[tuple[str, Socket]]:
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        for line in _rows(pid, kind):
            row = line.split()
            if len(row) > 9:
                yield row[9], _internet(kind[:3], row)
    for line in _rows(pid, "unix"):
        path = line.split(None, 7)
        if len(path) > 7:
            yield path[6], Socket("unix", path[7])


def _rows(pid: int, name: str) -> list[str]:
    return os.fsdecode(proc.read(pid, f"net/{name}")).splitlines()[1:]


def _internet(kind: str, row: list[str]) -> Socket:
    state = _STATES.get(int(row[3], 16), "")
    remote = "" if row[2].endswith(":0000") else _address(row[2])
    return Socket(kind, _address(row[1]), remote, state)


def _address(text: str) -> str:
    """`0100007F:1F90` is 127.0.0.1:8000: words of 32 bits in the machine's order."""
    host, _, port = text.partition(":")
    words = [int(host[start : start + 8], 16) for start in range(0, len(host), 8)]
    address = ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{int(port, 16)}"
