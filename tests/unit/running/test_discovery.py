"""Which addresses a tritonserver has, by its command line; and what of it is never kept."""

from __future__ import annotations

import msgspec
import pytest

from tritondoctor.running import discovery
from tritondoctor.running.http import Address
from tritondoctor.running.model import RunningServer
from tritondoctor.support import proc, tritonservers
from tritondoctor.support.tritonservers import Server

TOKEN = "eF8pr8bname12a8OW0PB-fbr4joL9Fs0Ziw5V3TdVRY"
COMMAND = [
    "/w/tritonserver/bin/tritonserver", "--backend-config",
    "python,shm-region-prefix-name=pytrtion41-7626e419",
    "--http-restricted-api", f"model-repository,statistics:triton-access-token={TOKEN}",
]  # fmt: skip


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one server, process 42 of process 41, in this network."""
    monkeypatch.setattr(tritonservers, "tritonservers", lambda: [42])
    monkeypatch.setattr(tritonservers, "server", lambda pid: Server(42, False, "p", "/w", 0, "5"))
    monkeypatch.setattr(tritonservers, "uid_of", lambda pid: 0)
    monkeypatch.setattr(proc, "program", lambda pid: "/w/tritonserver/bin/tritonserver")
    monkeypatch.setattr(
        proc, "stat", lambda pid: proc.ProcessStat(pid, "x", "S", {42: 41}.get(pid, 1), "5")
    )
    monkeypatch.setattr(discovery, "_in_our_network", lambda pid, visible: True)
    monkeypatch.setattr(discovery, "_is_local", lambda host: host != "evil.example")


def _with(monkeypatch: pytest.MonkeyPatch, *options: str) -> RunningServer:
    text = "\0".join([*COMMAND, *options]).encode()
    monkeypatch.setattr(proc, "read", lambda pid, name: text if name == "cmdline" else b"")
    (server,) = discovery.servers()
    return server


@pytest.mark.parametrize(
    ("options", "http", "metrics"),
    [
        ((), "http://127.0.0.1:8000", "http://127.0.0.1:8002"),
        (("--http-port", "18000"), "http://127.0.0.1:18000", "http://127.0.0.1:8002"),
        (("--metrics-port=18002",), "http://127.0.0.1:8000", "http://127.0.0.1:18002"),
        (("--http-address", "10.0.0.5"), "http://10.0.0.5:8000", "http://10.0.0.5:8002"),
        (("--http-address", "::", "--metrics-address", "10.0.0.6"), "http://[::1]:8000", "http://10.0.0.6:8002"),
        (("--http-address", "evil.example"), None, None),
        (("--allow-http", "false"), None, "http://127.0.0.1:8002"),
        (("--allow-metrics", "0"), "http://127.0.0.1:8000", None),
        (("--allow-metrics", "True"), "http://127.0.0.1:8000", "http://127.0.0.1:8002"),
    ],
)  # fmt: skip
def test_addresses(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], http: str, metrics: str
) -> None:
    server = _with(monkeypatch, *options)
    assert (server.http, server.metrics) == (http, metrics)
    assert (server.pid, server.server_pid) == (41, 42)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("192.0.2.1", False), ("evil.example", False), ("", False), ("1.2.3", False)],
)
def test_addresses_of_this_machine(monkeypatch: pytest.MonkeyPatch, host: str, local: bool) -> None:
    monkeypatch.undo()
    assert discovery._is_local(host) is local


def test_the_token_is_seen_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    server = _with(monkeypatch)
    assert server.token_shown
    assert TOKEN not in repr(msgspec.to_builtins(server))


def test_a_process_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    server = _with(monkeypatch)
    assert discovery.of_process(41) == discovery.of_process(42) == [server]
    assert discovery.of_process(77) == []


def test_a_program_of_that_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "program", lambda pid: "/home/mallory/tritonserver")
    text = "\0".join(COMMAND).encode()
    monkeypatch.setattr(proc, "read", lambda pid, name: text)
    assert discovery.servers() == []


def test_by_url() -> None:
    server = discovery.of_url(Address("h", 8000), Address("h", 8002))
    assert (server.http, server.metrics) == ("http://h:8000", "http://h:8002")
    assert server.hidden == ("processes",)
    assert discovery.of_url(Address("h", 9000), None).metrics == "http://h:8002"


def test_by_url_of_a_server_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = RunningServer("http://127.0.0.1:9000", "http://127.0.0.1:9002")
    monkeypatch.setattr(discovery, "servers", lambda: [here])
    for host, metrics in (
        ("localhost", "127.0.0.1:9002"),
        ("127.0.0.1", "127.0.0.1:9002"),
        ("h", "h:8002"),
    ):
        assert discovery.of_url(Address(host, 9000), None).metrics == f"http://{metrics}"
