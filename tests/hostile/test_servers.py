"""Servers, and processes that call themselves one, made to hang or end whoever looks at them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tritondoctor.running import discovery, http, metrics, observe
from tritondoctor.running.http import Address
from tritondoctor.selftest import wire
from tritondoctor.support import proc, pytriton_traces, tritonservers

_MANY_DIGITS = "9" * 5000


@contextmanager
def _process(folder: Path, *options: str) -> Iterator[int]:
    """A process that runs a program kept as PyTriton keeps tritonserver, with these options."""
    program = folder / pytriton_traces.SERVER
    program.parent.mkdir(parents=True)
    shutil.copy(os.path.realpath("/bin/bash"), program)
    started = subprocess.Popen([str(program), "-c", "read line", "bash", *options], stdin=subprocess.PIPE)
    try:
        while b"shm-region-prefix-name" not in proc.read(started.pid, "cmdline"):
            time.sleep(0.01)
        yield started.pid
    finally:
        started.communicate()


@pytest.mark.parametrize("number", ["99999", "0", _MANY_DIGITS])
def test_port_that_is_none(number: str, tmp_path: Path) -> None:
    """Another user's process has what options it likes; each ended `attach`, for everybody."""
    prefix = "--x=shm-region-prefix-name=pytrtion1-abc"
    with _process(tmp_path, f"--http-port={number}", f"--metrics-port={number}", prefix) as pid:
        (server,) = [server for server in discovery.servers() if server.server_pid == pid]
    assert (server.http, server.metrics) == (None, None)


def test_pid_that_is_none(tmp_path: Path) -> None:
    """The prefix of the segments holds PyTriton's process id: it ended `clean` and `attach`."""
    with _process(tmp_path, f"--x=shm-region-prefix-name=pytrtion{_MANY_DIGITS}-abc") as pid:
        found = {server.pid: server for server in tritonservers.servers()}
    assert found[pid].orphan


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[Address]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Address("127.0.0.1", server.server_port)
    finally:
        server.shutdown()
        server.server_close()


class _Endless(BaseHTTPRequestHandler):
    """States many models, and sends the configuration of each a byte now and then."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path == metrics.PATH:
            lines = (f'nv_inference_count{{model="m{n}",version="1"}} 1\n' for n in range(5000))
            self.wfile.write("".join(lines).encode())
            return
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(0.1)
        except OSError:
            return

    def log_message(self, *arguments: object) -> None:
        pass


class _Impostor(BaseHTTPRequestHandler):
    """Answers the self-test in the server's place."""

    answer = b""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        while self.answer == b"endless":
            try:
                self.wfile.write(b" ")
                time.sleep(0.05)
            except OSError:
                return
        self.wfile.write(self.answer)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.mark.parametrize(
    "answer",
    [b"endless", b"[" * 100_000, b'{"outputs": [{"data": [1], "shape": ["x"]}]}', b'{"outputs": [0]}',
     b'{"outputs": [{"data": [1%s, 1, 1], "shape": [1, 3]}]}' % (b"0" * 400),
     b'{"outputs": [{"data": 1, "shape": []}]}'],
    ids=range(6),
)  # fmt: skip
def test_an_impostor_at_the_self_tests_port(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_SECONDS", 0.5)
    monkeypatch.setattr(_Impostor, "answer", answer)
    with _served(_Impostor) as address:
        began = time.monotonic()
        assert not wire.infer((address.host, address.port)).passed
        assert time.monotonic() - began < 5


def test_many_models_that_answer_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds for each of 5,000 models were hours."""
    monkeypatch.setattr(observe, "_CONFIGURATIONS_S", 0.5)
    with _served(_Endless) as address:
        running = discovery.of_url(address, address)
        look = observe.look(running, observe.boot_seconds(), quick=True)
        assert look.metrics is not None and len(look.metrics.models) == 1000
        began = time.monotonic()
        assert observe.configuration(running, look).settings == ()
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("size", [b"f" * 16, b"f" * 400, b"7" + b"f" * 15, b"-5", b"", b"x", b"0x5"])
def test_chunks_of_sizes_that_none_has(size: bytes) -> None:
    """`attach URL` failed itself (exit code 3)."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with contextlib.suppress(ValueError):
        http._parsed(head + size + b"\r\nabc")
