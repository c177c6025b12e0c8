"""Which ports can be bound on this machine: each is bound and given back at once."""

from __future__ import annotations

import errno
import socket

from tritondoctor.facts.launch.model import PortObstacle
from tritondoctor.support.errno_names import errno_name


def obstacle(address: str, number: int) -> tuple[PortObstacle, str]:
    """Return why tritonserver cannot bind the port, and the error's name; "" where it can."""
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
