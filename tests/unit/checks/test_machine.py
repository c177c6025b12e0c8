"""Findings about the platform, and what a process may do on it."""

from __future__ import annotations

from tests.unit.build import a_host, a_pytriton, facts, surroundings
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
            "proc-not-mounted",
            fires=facts(host=a_host(proc_mounted=False)),
            silent=facts(host=a_host(system="Darwin", proc_mounted=False)),
            says=("/proc", "mount -t proc"),
        ),
        Case(
            "limit-too-low",
            fires=facts(host=a_host(limits={"nofile": 64})),
            silent=facts(host=a_host(limits={"nofile": 68})),
            says=("open files", "64", "ulimit -n"),
        ),
        Case(
            "limit-too-low",
            note="threads",
            fires=facts(surroundings=surroundings(threads_left=80)),
            silent=facts(surroundings=surroundings(threads_left=90)),
            says=("threads", "80", "ulimit -u"),
        ),
        Case(
            "limit-too-low",
            note="file-size",
            fires=facts(host=a_host(limits={"fsize": 19_000_000})),
            silent=facts(host=a_host(limits={"fsize": 21_000_000})),
            says=("file size", "20000000"),
        ),
        Case(
            "loopback-down",
            fires=facts(host=a_host(loopback=False)),
            silent=facts(host=a_host(system="Darwin", loopback=False)),
            says=("127.0.0.1",),
        ),
        Case(
            "loader-only-lists",
            fires=facts(variables={"LD_TRACE_LOADED_OBJECTS": "1"}),
            silent=facts(variables={"LD_TRACE_LOADED_OBJECTS": ""}),
            says=("unset LD_TRACE_LOADED_OBJECTS",),
        ),
    )
