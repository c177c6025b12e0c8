"""/metrics as counters: the text of real servers, odd samples, and servers that do not answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.running.server import serving
from tritondoctor.running.http import Address, NoReply, Reply, get
from tritondoctor.running.metrics import GpuGauges, ModelCounters, fetch, parse

HERE = Path(__file__).parent
#: PyTriton 0.7.0 (server 2.51.0), Linear after one request of one row
REAL = (HERE / "metrics-0.7.0.txt").read_text()


def test_a_real_server() -> None:
    (model,) = parse(REAL).models
    assert model == ModelCounters(
        "Linear", "1", requests=1, rows=1, calls=1, request_us=26533, queue_us=161, input_us=252,
        compute_us=25821, output_us=290, pending=0,
        failures={"OTHER": 0, "BACKEND": 0, "CANCELED": 0, "REJECTED": 0},
    )  # fmt: skip
    assert model.failed == 0
    assert parse(REAL).model("Linear") == parse(REAL).model("Linear", "1") == model
    assert parse(REAL).model("Linear", "2") is parse(REAL).model("linear") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("nv_inference_count 5\n", ()),
        ('nv_inference_count{model="a",version="1"} NaN\n', ()),
        ('nv_inference_count{model="a",version="1"} +Inf', ()),
        ('nv_inference_count{model="a",version="1"', ()),
        ("<html>404</html>", ()),
        ('nv_inference_count{model="a",version="1"} 2.5e+06', (ModelCounters("a", "1", rows=2_500_000),)),
        ('nv_inference_count{version="1",model="a"} 7 1395066363000', (ModelCounters("a", "1", rows=7),)),
        (r'nv_inference_count{model="a\"b\\n}",version="1"} 7', (ModelCounters('a"b\\n}', "1", rows=7),)),
        (
            'nv_inference_request_failure{model="a",version="1"} 3',
            (ModelCounters("a", "1", failures={"": 3}),),
        ),
        (
            'nv_inference_count{gpu_uuid="GPU-1",model="a",version="1"} 3\n'
            'nv_inference_count{gpu_uuid="GPU-2",model="a",version="1"} 4',
            (ModelCounters("a", "1", rows=7),),
        ),
    ],
)
def test_samples(text: str, expected: tuple[ModelCounters, ...]) -> None:
    assert parse(text).models == expected


def test_gpus() -> None:
    lines = [
        'nv_gpu_utilization{gpu_uuid="GPU-1"} 0.25', 'nv_gpu_memory_total_bytes{gpu_uuid="GPU-1"} 8e9',
        'nv_gpu_memory_used_bytes{gpu_uuid="GPU-1"} 1000', 'nv_gpu_power_usage{gpu_uuid="GPU-1"} 20',
        'nv_gpu_utilization{gpu_uuid="GPU-2"} NaN', 'nv_gpu_memory_total_bytes{gpu_uuid="GPU-2"} 8e9',
    ]  # fmt: skip
    assert parse("\n".join(lines)).gpus == (
        GpuGauges("GPU-1", 0.25, 1000.0, 8e9), GpuGauges("GPU-2", None, None, 8e9),
    )  # fmt: skip


def test_two_versions_of_a_model() -> None:
    text = "".join(f'nv_inference_count{{model="a",version="{n}"}} {n}\n' for n in (1, 2))
    found = parse(text).model("a", "2")
    assert found is not None and found.rows == 2


def test_fetch() -> None:
    with serving({"/metrics": (200, REAL.encode())}) as address:
        assert fetch(address, 5).models == parse(REAL).models


def test_a_refusal() -> None:
    with serving({"/metrics": (503, b"")}) as address, pytest.raises(NoReply, match="status 503"):
        fetch(address, 5)


def test_nobody_there() -> None:
    with pytest.raises(NoReply, match="refused"):
        fetch(Address("127.0.0.1", 1), 5)


@contextmanager
def _sending(piece: bytes, every_s: float) -> Iterator[Address]:
    """A server that sends a piece now and then, and never ends."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def send() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    while not ended.wait(every_s):
                        connection.sendall(piece)
                except OSError:
                    pass

        thread = threading.Thread(target=send)
        thread.start()
        yield Address("127.0.0.1", listener.getsockname()[1])
        ended.set()
        thread.join()


def test_one_that_drips_is_given_up() -> None:
    began = time.monotonic()
    with _sending(b"x", 0.02) as address, pytest.raises(NoReply, match=r"within 0\.3 s"):
        get(address, "/metrics", 0.3)
    assert time.monotonic() - began < 2


def test_one_that_floods_is_given_up() -> None:
    with _sending(b"x" * 65536, 0) as address, pytest.raises(NoReply, match="more than 1 MiB"):
        get(address, "/metrics", 30, 1 << 20)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnv_in",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nnv_in",
    ],
)
def test_no_whole_http(answer: bytes) -> None:
    with pytest.raises(NoReply):
        _asked(answer)


def test_chunks() -> None:
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert _asked(text).body == b"abcde"


def _asked(answer: bytes) -> Reply:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def send() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=send)
        thread.start()
        try:
            return get(Address("127.0.0.1", listener.getsockname()[1]), "/metrics", 5)
        finally:
            thread.join()


def test_an_address() -> None:
    assert str(Address("::1", 8002)) == "http://[::1]:8002"
    assert str(Address("h", 443, tls=True)) == "https://h:443"
