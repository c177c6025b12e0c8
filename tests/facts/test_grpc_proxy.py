"""Which variable makes gRPC ask a proxy for this machine's own server: rows that were really started."""

from __future__ import annotations

import pytest

from tritondoctor.facts.machine.network import grpc_proxy

_HTTP = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, True),
        ({"no_proxy": "*"}, True),
        ({"no_proxy": "127.0.0.1:8001"}, True),
        ({"no_proxy": "localhost"}, True),
        ({"NO_PROXY": "127.0.0.1"}, True),
        ({"no_grpc_proxy": "", "no_proxy": "127.0.0.1"}, True),
        ({"no_proxy": "localhost, 127.0.0.1"}, False),
        ({"no_proxy": "127.0.0.0/8"}, False),
        ({"no_proxy": ".0.0.1"}, False),
        ({"no_grpc_proxy": "127.0.0.1"}, False),
        ({"grpc_proxy": ""}, False),
        ({"https_proxy": "https://127.0.0.1:9"}, False),
        ({"grpc_proxy": "socks5://127.0.0.1:9"}, False),
        ({"grpc_proxy": "nonsense"}, False),
    ],
)
def test_local_requests(variables: dict[str, str], asked: bool) -> None:
    given = {"http_proxy": _HTTP, **variables}
    assert (grpc_proxy(given, "127.0.0.1") is not None) == asked
