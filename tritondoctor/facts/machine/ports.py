"""Which ports can be bound on this machine: each is bound and given back at once."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import ExitStack

from tritondoctor.facts.launch.model import PortObstacle
from tritondoctor.facts.machine.attempts import AT_A_TIME, AT_ONCE
from tritondoctor.support.errno_names import errno_name

_PATIENCE_S = 0.5
#: another doctor holds a port for less (`unreachable`)
_PASSING_S = 0.02
#: what a connection meets where packets are dropped or rejected (iptables-extensions(8), connect(2))
BY_FIREWALLS = ("ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EPERM", "EACCES")


def obstacle(address: str, number: int) -> tuple[PortObstacle, str]:
    """Return why tritonserver cannot bind the port, and the error's name; "" where it can."""
    found = _obstacle(address, number)
    if found[0] != "in-use":
        return found
    time.sleep(_PASSING_S)
    return _obstacle(address, number)


def _obstacle(address: str, number: int) -> tuple[PortObstacle, str]:
    address = address.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((address, number))
    except OverflowError:
        return "out-of-range", ""
    except socket.gaierror:
        return "unknown-address", ""
    except OSError as failure:
        return "in-use" if failure.errno == errno.EADDRINUSE else "refused", errno_name(failure)
    return "", ""


def unreachable(number: int) -> tuple[PortObstacle, str]:
    """Return whether 127.0.0.1 cannot be asked on that very port, as behind a firewall, and the error's
    name; it is listened on for as long as the connections of a start take.
    """
    with ExitStack() as made:
        try:
            server = made.enter_context(socket.socket())
            server.settimeout(_PATIENCE_S)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", number))
            server.listen(1)
        except (OSError, OverflowError):
            return "", ""
        try:
            for _ in range(AT_A_TIME):
                _connect(made, server)
        except OSError as failure:
            error = "ETIMEDOUT" if isinstance(failure, socket.timeout) else errno_name(failure)
            return ("unreachable", error) if error in BY_FIREWALLS else ("", "")
    return "", ""


def _connect(made: ExitStack, server: socket.socket) -> None:
    """One connection more; a firewall may let only so many be open at a time, or in a minute."""
    client = made.enter_context(socket.socket())
    client.settimeout(_PATIENCE_S)
    client.connect(server.getsockname())
    accepted = made.enter_context(server.accept()[0])
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
