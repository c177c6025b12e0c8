"""HTTP with the standard library: no proxy, no redirect, one deadline for all of it, a bounded answer."""

from __future__ import annotations

import io
import socket
import time
from typing import NamedTuple

from tritondoctor.support.numbers import whole

MOST_BYTES = 1 << 24
_PIECE = 1 << 16


class Address(NamedTuple):
    """Where an endpoint listens; `host` is a name or an IP address without brackets."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


#: where Triton says whether it is ready
READY = "/v2/health/ready"


class Reply(NamedTuple):
    """A status and the whole body."""

    status: int
    body: bytes


class NoReply(OSError):  # noqa: N818
    """There was no whole HTTP answer in time; the message says why."""


def get(address: Address, path: str, deadline_s: float, most_bytes: int = MOST_BYTES) -> Reply:
    """Ask once.  A server that sends a byte now and then is given up at the deadline like a silent one.

    The name is looked up before the deadline counts.  Raises NoReply.
    """
    return _asked(address, "GET", path, "", deadline_s, most_bytes)


def post_json(address: Address, path: str, body: str, deadline_s: float) -> Reply:
    """Send JSON, which is ASCII, and otherwise the same."""
    return _asked(address, "POST", path, body, deadline_s, MOST_BYTES)


def _asked(
    address: Address, method: str, path: str, body: str, deadline_s: float, most_bytes: int
) -> Reply:
    ends = time.monotonic() + deadline_s
    content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    host = str(address).partition("//")[2]
    request = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{content}Connection: close\r\n\r\n{body}"
    try:
        with _connected(address, deadline_s) as connection:
            connection.sendall(request.encode("ascii"))
            return _parsed(_received(connection, ends, most_bytes))
    except socket.timeout:
        raise NoReply(f"no answer from {address}{path} within {deadline_s:g} s") from None
    except (OSError, ValueError) as failure:
        words = getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
        raise NoReply(f"{address}{path}: {words}") from None


def _connected(address: Address, deadline_s: float) -> socket.socket:
    connection = socket.create_connection((address.host, address.port), deadline_s)
    if not address.tls:
        return connection
    import ssl

    return ssl.create_default_context().wrap_socket(connection, server_hostname=address.host)


def _received(connection: socket.socket, ends: float, most_bytes: int) -> bytes:
    """All until the end of the connection."""
    received = bytearray()
    while True:
        remaining = ends - time.monotonic()
        if remaining <= 0:
            raise socket.timeout
        connection.settimeout(remaining)
        piece = connection.recv(_PIECE)
        received += piece
        if len(received) > most_bytes:
            raise ValueError(f"more than {most_bytes >> 20} MiB")
        if not piece:
            return bytes(received)


def _parsed(text: bytes) -> Reply:
    """The answer, of which the server says how long it is or which ends with the connection."""
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    words = first.split()
    if not first.startswith(b"HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        raise ValueError("no HTTP")
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
    }
    if b"transfer-encoding" in fields:
        return _in_chunks(text)
    length = fields.get(b"content-length", b"")
    if length.isdigit() and len(body) < whole(length.decode()):
        raise ValueError("the answer was cut off")
    return Reply(whole(words[1].decode()), body)


def _in_chunks(text: bytes) -> Reply:
    """As a proxy may send it; http.client is loaded for that alone, since it takes long to."""
    from http.client import HTTPException, HTTPResponse

    try:
        response = HTTPResponse(_Received(text))  # type: ignore[arg-type]
        response.begin()
        return Reply(response.status, response.read())
    except (HTTPException, OverflowError) as failure:
        raise ValueError(type(failure).__name__) from failure


class _Received:
    """What was received, as the socket that http.client reads from."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._text)
