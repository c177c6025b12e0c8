"""Findings about ports, names and the loopback interface."""

from __future__ import annotations

from tests.unit.build import (
    a_configuration,
    a_host,
    a_launch,
    a_port,
    around,
    facts,
    surroundings,
    with_launch,
)
from tests.unit.checks.case import Case, FindingTests, draws
from tritondoctor.facts.launch.model import Endpoint, Holder
from tritondoctor.facts.machine.attempts import TRANSFER
from tritondoctor.facts.machine.kernel_model import KernelPolicy, Refusal

_NGINX = Holder(12, "nginx", "www-data")

_PROXY = surroundings(grpc_proxy="http_proxy", grpc_proxied=("localhost", "127.0.0.1"))
_GRPC_ONLY = a_configuration(endpoints=(Endpoint("grpc", True, "0.0.0.0", 8001),))


class TestNetwork(FindingTests):
    CASES = (
        Case(
            "localhost-unresolved",
            fires=around(localhost=("::1",)),
            silent=around(localhost=("::1", "127.0.1.1")),
            says=("localhost", "::1", "/etc/hosts"),
        ),
        Case(
            "grpc-uses-proxy",
            fires=facts(surroundings=_PROXY),
            # the server itself is asked over gRPC: an invalid setting, which stops the start
            silent=facts(surroundings=_PROXY, launch=a_launch(configuration=_GRPC_ONLY)),
            says=("http_proxy", "localhost", "127.0.0.1", "no_proxy"),
        ),
        Case(
            "loopback-down",
            fires=facts(host=a_host(loopback=False)),
            silent=facts(host=a_host(system="Darwin", loopback=False)),
            says=("127.0.0.1",),
        ),
        Case(
            "loopback-down",
            note="no route",
            fires=facts(kernel=KernelPolicy((Refusal("connect(127.0.0.1)", "ENETUNREACH"),))),
            # a filter of system calls answers so
            silent=facts(kernel=KernelPolicy((Refusal("connect(127.0.0.1)", "EINVAL"),), filtered=True)),
            says=("127.0.0.1", "no route", "Network is unreachable", "ip rule add pref 0 lookup local"),
        ),
        Case(
            "loopback-down",
            note="held back",
            fires=facts(kernel=KernelPolicy((Refusal(TRANSFER, "ETIMEDOUT"),))),
            silent=facts(kernel=KernelPolicy((Refusal(TRANSFER, "EPERM"),), filtered=True)),
            says=("longer than a packet", "tc qdisc del dev lo root"),
        ),
        Case(
            "ports-used-up",
            fires=facts(kernel=KernelPolicy((Refusal("connect(127.0.0.1), several", "EADDRNOTAVAIL"),))),
            # the interface is down: another finding
            silent=facts(
                kernel=KernelPolicy((Refusal("connect(127.0.0.1), several", "EADDRNOTAVAIL"),)),
                host=a_host(loopback=False),
            ),
            says=("Cannot assign requested address", "ip_local_port_range", "ss -s"),
        ),
        Case(
            "port-in-use",
            fires=with_launch(ports=(a_port("http", 8000, "in-use", holder=_NGINX, errno="EADDRINUSE"),)),
            silent=with_launch(ports=(a_port("http", 8000, holder=_NGINX),)),
            says=("8000", "http", "in use", "nginx", "PYTRITON_TRITON_CONFIG_HTTP_PORT=9000"),
        ),
        Case(
            "port-in-use",
            note="firewall",
            fires=with_launch(ports=(a_port("http", 8000, "unreachable", errno="ETIMEDOUT", free=9000),)),
            # the interface is down: another finding says it
            silent=facts(
                launch=a_launch(ports=(a_port("http", 8000, "unreachable", errno="ENETUNREACH"),)),
                host=a_host(loopback=False),
            ),
            says=("8000", "firewall", "timed out", "PYTRITON_TRITON_CONFIG_HTTP_PORT=9000"),
        ),
        Case(
            "port-in-use",
            note="orphan",
            fires=with_launch(
                ports=(a_port("grpc", 8001, "in-use", holder=Holder(77, "tritonserver", "alice", True)),)
            ),
            silent=with_launch(ports=(a_port("grpc", 8001),)),
            says=("kill -9 77",),
        ),
    )


def test_address_that_cannot_be_bound_is_one_finding() -> None:
    ports = tuple(
        a_port(name, number, "refused", errno="EADDRNOTAVAIL")
        for name, number in (("http", 8000), ("grpc", 8001))
    )
    assert len(draws("port-in-use", with_launch(ports=ports))) == 1
