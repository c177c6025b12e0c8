"""Which ports can be bound on this machine: tried, and given back at once."""

from __future__ import annotations

import socket


def why_not_bindable(address: str, number: int) -> str:
    """Why tritonserver could not bind the port, in the kernel's words; "" where it could."""
    address = address.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((address, number))
    except OverflowError:
        return "it is not between 0 and 65535"
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""
