"""Plain HTTP requests, against a small server that answers as Triton does, or wrongly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tritondoctor.selftest import reference, wire


class _Triton(BaseHTTPRequestHandler):
    shift = 0.0
    status = 200

    def do_GET(self) -> None:
        self._answer(b'nv_inference_request_success{model="Linear",version="1"} 3\n')

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = reference.linear(request["inputs"][0]["data"])
        data = [value + self.shift for row in rows for value in row]
        self._answer(json.dumps({"outputs": [{"shape": [len(rows), 3], "data": data}]}).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[wire.Place]:
    monkeypatch.setattr(_Triton, "shift", 0.0)
    monkeypatch.setattr(_Triton, "status", 200)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), _Triton) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield "127.0.0.1", server.server_address[1]
        server.shutdown()
        thread.join()


def test_right_answers(place: wire.Place) -> None:
    for comparison in (
        wire.infer(place),
        wire.metrics(place).check,
        wire.ready(place, "/", "server-ready", "server is ready"),
    ):
        assert comparison.passed, comparison
    assert wire.infer(place).worst == 0


def test_a_wrong_number(place: wire.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Triton, "shift", 0.5)
    comparison = wire.infer(place)
    assert not comparison.passed
    assert comparison.worst == 0.5
    assert comparison.expected != comparison.got


def test_a_refusal(place: wire.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Triton, "status", 503)
    assert "status 503" in wire.infer(place).got
    assert not wire.ready(place, "/", "server-ready", "server is ready").passed
    assert not wire.metrics(place).check.passed


def test_nobody_there() -> None:
    comparison = wire.infer(("127.0.0.1", 1))
    assert not comparison.passed
    assert "refused" in comparison.got
