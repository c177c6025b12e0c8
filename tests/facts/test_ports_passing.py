"""A port that is held for a moment only, as by another doctor that looks at it."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from tritondoctor.facts.machine import ports


def _listener() -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    return server


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes long for a moment."""
    monkeypatch.setattr(ports, "_PASSING_S", 0.5)


def test_held_for_a_moment() -> None:
    server = _listener()
    threading.Timer(0.005, server.close).start()
    assert ports.obstacle("0.0.0.0", server.getsockname()[1]) == ("", "")


def test_held() -> None:
    with _listener() as server:
        assert ports.obstacle("0.0.0.0", server.getsockname()[1])[0] == "in-use"


def test_two_doctors_at_once() -> None:
    """While one asks 127.0.0.1 on the port again and again, the other finds it free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    end = time.monotonic() + 0.5
    found = []

    def ask() -> None:
        while time.monotonic() < end:
            ports.unreachable(number)
            time.sleep(0.03)

    other = threading.Thread(target=ask)
    other.start()
    while time.monotonic() < end:
        found.append(ports.obstacle("0.0.0.0", number))
    other.join()
    assert set(found) == {("", "")}
