"""The load generator, against a server of the test's own: what it counts, and from when."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import tritondoctor

LOAD = Path(tritondoctor.__file__).parent / "selftest" / "load.py"


@contextmanager
def _server(answer: Callable[[], int]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status = answer()
            body = b"{}" if status == 200 else b'{"error": "Traceback\\nValueError: no"}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _load(port: int, **order: Any) -> dict[str, Any]:
    body = {"headers": {"Content-Type": "application/json"}, "body": base64.b64encode(b"{}").decode()}
    server = {"host": "127.0.0.1", "port": port, "bodies": [body], "protocol": "http", "patience": 5}
    lines = json.dumps(server) + "\n" + json.dumps({"model": "m", **order}) + "\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(LOAD)], input=lines, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _slow() -> int:
    time.sleep(0.02)
    return 200


def test_closed_loop_counts_whole_cycles() -> None:
    with _server(_slow) as port:
        answer = _load(port, clients=4, seconds=1.0)
    assert answer["milliseconds"][0] >= 20
    assert answer["milliseconds"] == sorted(answer["milliseconds"])
    mean_s = sum(answer["milliseconds"]) / len(answer["milliseconds"]) / 1000
    assert answer["per_second"] <= 4 / mean_s * 1.1
    assert answer["per_second"] >= 4 / mean_s * 0.6
    assert answer["failures"] == []


def test_a_slow_model_gets_more_time() -> None:
    def slower() -> int:
        time.sleep(0.4)
        return 200

    with _server(slower) as port:
        answer = _load(port, clients=2, seconds=0.1, at_least=2, most_seconds=10)
    assert len(answer["milliseconds"]) >= 4


def test_an_open_loop_counts_from_when_a_request_was_due() -> None:
    """The server stalls for half a second: what was due meanwhile waits, and that counts."""
    began = time.monotonic()

    def stalls() -> int:
        time.sleep(max(0.0, began + 1.5 - time.monotonic()) if time.monotonic() > began + 1.0 else 0.001)
        return 200

    with _server(stalls) as port:
        began = time.monotonic()
        answer = _load(port, clients=8, seconds=2.0, rate=100)
    late = [milliseconds for milliseconds in answer["milliseconds"] if milliseconds > 100]
    assert len(late) >= 15, "about 40 requests were due while it stalled, and only 8 were sent"


def test_an_error_ends_the_load() -> None:
    with _server(lambda: 500) as port:
        answer = _load(port, clients=3, seconds=5.0)
    assert answer["failures"] == ["Traceback\nValueError: no"]
