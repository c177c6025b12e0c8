"""Findings about the platform, and what a process may do on it."""

from __future__ import annotations

from tests.unit.build import a_host, a_pytriton, an_interpreter, facts
from tests.unit.checks.case import Case, FindingTests


class TestMachine(FindingTests):
    CASES = (
        Case(
            "platform-unsupported",
            fires=facts(host=a_host(libc="musl", glibc=None, distribution="Alpine Linux v3.20")),
            silent=facts(host=a_host(distribution="Something new")),
            says=("Alpine Linux v3.20", "musl"),
        ),
        Case(
            "platform-unsupported",
            note="wheel",
            fires=facts(pytriton=a_pytriton(arch="aarch64")),
            silent=facts(host=a_host(machine="aarch64"), pytriton=a_pytriton(arch="aarch64")),
            says=("x86_64", "aarch64"),
        ),
        Case(
            "clock-stopped",
            fires=facts(
                interpreter=an_interpreter(stopped_clocks=("CLOCK_MONOTONIC", "CLOCK_REALTIME")),
                variables={"LD_PRELOAD": "/usr/lib/faketime/libfaketime.so.1"},
            ),
            silent=facts(variables={"LD_PRELOAD": "/usr/lib/faketime/libfaketime.so.1"}),
            says=("CLOCK_MONOTONIC", "libfaketime.so.1", "unset LD_PRELOAD"),
        ),
        Case(
            "proc-not-mounted",
            fires=facts(host=a_host(proc_mounted=False)),
            silent=facts(host=a_host(system="Darwin", proc_mounted=False)),
            says=("/proc", "mount -t proc"),
        ),
    )
