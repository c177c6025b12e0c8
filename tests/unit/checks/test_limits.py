"""Findings about what is left to take of the machine around the launch."""

from __future__ import annotations

from tests.unit.build import a_host, around, facts, surroundings
from tests.unit.checks.case import Case, FindingTests


class TestLimits(FindingTests):
    CASES = (
        Case(
            "limit-too-low",
            note="stacks",
            fires=facts(host=a_host(limits={"as": 4_000_000_000, "stack": 1 << 30})),
            silent=facts(host=a_host(limits={"as": 1_400_000_000})),
            says=("address space", "4000000000", "ulimit -v unlimited"),
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
            "no-pty",
            fires=around(pty_problem="ENOENT"),
            silent=around(),
            says=("No such file or directory", "mount -t devpts"),
        ),
        Case(
            "memory-too-low",
            fires=around(memory_left=120_000_000),
            silent=around(memory_left=160_000_000),
            says=("120.0 MB", "125.0 MB"),
        ),
        Case(
            "open-files-limit-low",
            fires=facts(host=a_host(limits={"nofile": 100})),
            silent=facts(host=a_host(limits={"nofile": 1024})),
            says=("100", "32", "68", "ulimit -n 4096"),
        ),
        Case(
            "cpu-time-limited",
            fires=around(cpu_seconds=600),
            silent=around(cpu_seconds=None),
            says=("600 s", "ulimit -t unlimited"),
        ),
        Case(
            "cpu-quota-low",
            fires=around(cpus=0.05),
            silent=around(cpus=0.1),
            says=("5 %", "60 s", "as slow"),
        ),
        Case(
            "cpu-quota-low",
            note="too-low",
            fires=around(cpus=0.02),
            silent=around(cpus=None),
            says=("2 %", "150 s", "gives up before"),
        ),
    )
