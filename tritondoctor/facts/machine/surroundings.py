"""The machine around the launch: what is left of its resources, and what is in the way."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from typing import Optional

import msgspec

from tritondoctor.facts.machine import cgroup, network
from tritondoctor.facts.machine.model import Leftover, Surroundings
from tritondoctor.support import pytriton_traces
from tritondoctor.support.errno_names import errno_name
from tritondoctor.support.soft_limits import soft_limit


def resources() -> Surroundings:
    """What depends neither on files nor on variables: read /proc and /dev/shm; open a pseudo-terminal and
    close it at once.
    """
    return Surroundings(
        pty_problem=_pty_problem(),
        memory_left=cgroup.memory_left(),
        threads_left=cgroup.threads_left(),
        cpu_seconds=_cpu_seconds(),
        shared_memory_total=_total(pytriton_traces.SHARED_MEMORY),
        localhost=network.localhost(),
        cpus=cgroup.cpus(),
        grpc_proxy=None,
        grpc_proxied=(),
        leftovers=(),
    )


def probe(
    resources: Surroundings, variables: Mapping[str, str], leftovers: tuple[Leftover, ...]
) -> Surroundings:
    """The surroundings of a launch with these variables; `resources` are what no variable changes."""
    proxied = tuple(host for host in ("localhost", "127.0.0.1") if network.grpc_proxy(variables, host))
    return msgspec.structs.replace(
        resources,
        grpc_proxy=network.grpc_proxy(variables, proxied[0]) if proxied else None,
        grpc_proxied=proxied,
        leftovers=leftovers,
    )


def _pty_problem() -> str:
    """Return why there is no pseudo-terminal, on which the `sh` package runs the server."""
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as failure:
        return errno_name(failure)
    return ""


def _cpu_seconds() -> Optional[int]:
    limit = soft_limit(resource.RLIMIT_CPU)
    return None if limit == resource.RLIM_INFINITY else limit


def _total(path: str) -> Optional[int]:
    try:
        stats = os.statvfs(path)
    except OSError:
        return None
    return stats.f_blocks * stats.f_frsize
