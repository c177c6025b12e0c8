"""Findings about what is left to take of the machine around the launch."""

from __future__ import annotations

from typing import Any

from tests.unit.build import a_configuration, a_folder, a_host, a_launch, facts, surroundings
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.model import Endpoint, Facts


def _around(**changes: Any) -> Facts:
    return facts(surroundings=surroundings(**changes))


def _shared_memory(free: int) -> Facts:
    return facts(
        launch=a_launch(shared_memory=a_folder("/dev/shm", free=free, needed=5_000_000)),
        surroundings=surroundings(shared_memory_total=64 << 20),
        host=a_host(container="docker"),
    )


_PROXY = surroundings(grpc_proxy="http_proxy", grpc_proxied=("localhost", "127.0.0.1"))
_GRPC_ONLY = a_configuration(endpoints=(Endpoint("grpc", True, "0.0.0.0", 8001),))


class TestLimits(FindingTests):
    CASES = (
        Case(
            "no-pty",
            fires=_around(pty_problem="ENOENT"),
            silent=_around(),
            says=("there is no /dev/ptmx", "mount -t devpts"),
        ),
        Case(
            "memory-too-low",
            fires=_around(memory_left=120_000_000),
            silent=_around(memory_left=160_000_000),
            says=("120.0 MB", "140.0 MB"),
        ),
        Case(
            "shared-memory-small",
            fires=_shared_memory(60 << 20),
            silent=_shared_memory(80 << 20),
            says=("62.9 MB", "67.1 MB", "--shm-size"),
        ),
        Case(
            "few-clients",
            fires=facts(host=a_host(limits={"nofile": 100})),
            silent=facts(host=a_host(limits={"nofile": 1024})),
            says=("100", "32", "68", "ulimit -n 4096"),
        ),
        Case(
            "cpu-time-limited",
            fires=_around(cpu_seconds=600),
            silent=_around(cpu_seconds=None),
            says=("600 s", "ulimit -t unlimited"),
        ),
        Case(
            "localhost-unresolved",
            fires=_around(localhost=("::1",)),
            silent=_around(localhost=("::1", "127.0.1.1")),
            says=("localhost", "::1", "/etc/hosts"),
        ),
        Case(
            "proxy-takes-grpc",
            fires=facts(surroundings=_PROXY),
            # the server itself is asked over gRPC: an invalid setting, which stops the start
            silent=facts(surroundings=_PROXY, launch=a_launch(configuration=_GRPC_ONLY)),
            says=("http_proxy", "localhost", "127.0.0.1", "no_proxy"),
        ),
    )
