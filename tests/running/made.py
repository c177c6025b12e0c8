"""Servers that are made sound or sick, really started, with clients; and what must be said of each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.truth import stock
from tritondoctor.support import proc, tritonservers

HERE = Path(__file__).parent
_START_S = 120.0
#: how a start fails on a busy machine: its instances miss each other, or somebody takes a port
_BUSY = (b"get_config_from_handshake_server", b"already in use")
#: the one that runs the tests
_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


class Kind(NamedTuple):
    """Clients of a kind of server, and the findings that matter: all of `shown` and of no others."""

    clients: int
    shown: frozenset[str]
    #: true or not, as the machine has it
    perhaps: frozenset[str] = frozenset()
    says: str = ""
    mixed: bool = False


_OF_THE_MACHINE = frozenset({"token-on-command-line", "instances-idle"})


def _kind(
    clients: int, *shown: str, perhaps: tuple[str, ...] = (), says: str = "", mixed: bool = False
) -> Kind:
    return Kind(clients, frozenset(shown), frozenset(perhaps) | _OF_THE_MACHINE, says, mixed)


KINDS = {
    "idle": _kind(0, "no-traffic"),
    "sound": _kind(3),
    "overloaded": _kind(32, "overloaded", perhaps=("batches-full",)),
    "full": _kind(8, "batches-full"),
    "not-batching": _kind(16, "not-batching", says="batcher=None"),
    "one-row": _kind(16, "not-batching", says="max_batch_size is 1"),
    "mixed": _kind(16, "not-batching", says="different shapes", mixed=True),
    "dead-lock": _kind(3, "infer-hangs", says="waits"),
    "loop": _kind(3, "infer-hangs", says="computes"),
    "generator": _kind(3, "infer-hangs", says="without decoupled=True"),
    "killed": _kind(3, "stub-ended", "requests-fail"),
    "long": _kind(3, "call-runs-long"),
    "alone": _kind(1, "infer-hangs", says="waits"),
    # tritondoctor sees what is true: the stub of 0.7.0 now and then hangs after a function that raised
    "raises": _kind(3, perhaps=("requests-fail", "infer-hangs", "overloaded", "call-runs-long")),
    "stopped": _kind(0, "server-silent", says="SIGSTOP"),
    "in-background": _kind(3, "sigint-ignored"),
    "small-memory": _kind(3, "shared-memory-nearly-full"),
    "large": _kind(2, "slow-serialization", perhaps=("memory-grows",)),
    "grows": _kind(3, "memory-grows"),
    "four": _kind(2, "instances-idle"),
    "two-in-python": _kind(8, "instances-useless", perhaps=("overloaded",)),
}
#: which program a kind runs, where it is that of another
_PROGRAMS = {
    "mixed": "sound", "killed": "sound", "alone": "dead-lock", "stopped": "sound",
    "in-background": "sound", "small-memory": "sound",
}  # fmt: skip
#: starts a program with a /dev/shm of its own
_WITH_64_MIB = ("unshare", "--mount", "sh", "-c",
                'mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$@"', "sh")  # fmt: skip


class Made(NamedTuple):
    """A server that runs; `pid` is PyTriton's process, `port` that of HTTP."""

    kind: str
    pid: int
    port: int


@contextmanager
def server(kind: str, python: str = _PYTHON, release: str = "0.7.0") -> Iterator[Made]:
    """Start a server of a kind with its clients; all of it is killed at the end."""
    try:
        base, prefix = stock.interpreter(python), stock.pytriton(python, release)
    except stock.Absent as absent:
        pytest.skip(str(absent))
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        command = [str(prefix / "bin/python"), str(HERE / "serve.py"), _PROGRAMS.get(kind, kind)]
        if kind == "small-memory":
            command = [*_WITH_64_MIB, *command]
        on_sigint = signal.SIG_IGN if kind == "in-background" else signal.SIG_DFL
        variables = {**os.environ, "LD_LIBRARY_PATH": base.lib, "PYTRITON_HOME": f"{home}/pytriton"}
        started, port = _started(command, variables, Path(home) / "log", stack, on_sigint)
        if KINDS[kind].clients:
            stack.enter_context(_clients(port, KINDS[kind]))
        if kind == "stopped":
            os.kill(_server_of(started.pid), signal.SIGSTOP)
        if kind == "small-memory":
            Path(f"/proc/{started.pid}/root/dev/shm/filler").write_bytes(bytes(54 << 20))
        if kind == "killed":
            stack.enter_context(_killing(started.pid))
        time.sleep(1.0)
        yield Made(kind, started.pid, port)


def _three_ports() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        with ExitStack() as stack:
            try:
                for number in range(port, port + 3):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", number))
            except OSError:
                continue
            return port


def _started(
    command: list[str], variables: dict[str, str], log: Path, stack: ExitStack, on_sigint: signal.Handlers
) -> tuple[subprocess.Popen[bytes], int]:
    """The server, once it serves, and its port.

    On a busy machine PyTriton's instances may miss each other (1 s), or somebody takes a port; then it is
    started again.
    """
    while True:
        port = _three_ports()
        with log.open("wb") as file:
            started = subprocess.Popen(
                [*command, str(port)], env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, on_sigint),
            )  # fmt: skip
        stack.callback(_end, started)
        try:
            _wait(started, log)
            return started, port
        except AssertionError:
            content = log.read_bytes()
            if not any(busy in content for busy in _BUSY):
                raise
            _end(started)


def _wait(started: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while b"SERVING" not in log.read_bytes():
        assert started.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[
            -3000:
        ]
        time.sleep(0.2)


@contextmanager
def _clients(port: int, kind: Kind) -> Iterator[None]:
    command = [sys.executable, "-I", "-S", str(HERE / "load.py"), str(port), str(kind.clients)]
    clients = subprocess.Popen([*command, *(["mixed"] if kind.mixed else [])])
    try:
        yield
    finally:
        clients.kill()
        clients.wait()


@contextmanager
def _killing(pid: int) -> Iterator[None]:
    """Kill the stub again and again."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(1.0):
            for stub in stubs(pid):
                try:
                    os.kill(stub, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _server_of(pid: int) -> int:
    """The tritonserver of a PyTriton."""
    rows = [row for server in tritonservers.servers() if (row := proc.stat(server.pid)) is not None]
    return next(row.pid for row in rows if row.parent == pid)


def stubs(pid: int) -> list[int]:
    """Return the stubs of the tritonserver of a PyTriton."""
    server = _server_of(pid)
    return [
        row.pid for pid in proc.pids() if (row := proc.stat(pid)) is not None and row.parent == server
    ]


def _end(started: subprocess.Popen[bytes]) -> None:
    """Kill all of it: a server that hangs does not end by itself; tritonserver has its own session."""
    rows = [row for pid in proc.pids() if (row := proc.stat(pid)) is not None]
    below = {started.pid}
    for _ in range(4):
        below |= {row.pid for row in rows if row.parent in below}
    for pid in below if started.poll() is None else ():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    started.wait()
