"""Findings about what is left to take of the machine around the launch."""

from __future__ import annotations

import msgspec

from tests.unit.build import a_host, a_launch, a_setting, around, facts, surroundings, with_settings
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.model import Facts


def _with_threads(count: str) -> Facts:
    given = with_settings(a_setting("http_thread_count", count, "int"))
    return msgspec.structs.replace(given, host=a_host(limits={"nofile": 1024}))


def _with_variables(size: int) -> Facts:
    return facts(host=a_host(limits={"stack": 1 << 18}), launch=a_launch(variables_size=size))


def _with_path(value: str) -> Facts:
    return facts(host=a_host(limits={"string": 1 << 17}), launch=a_launch(server_path=value))


class TestLimits(FindingTests):
    CASES = (
        Case(
            "limit-too-low",
            note="threads for HTTP",
            fires=_with_threads("250"),
            silent=_with_threads("150"),
            says=("open files", "1024", "1278", "ulimit -n 1278"),
        ),
        Case(
            "limit-too-low",
            note="stacks",
            fires=facts(host=a_host(limits={"as": 4_000_000_000, "stack": 1 << 30})),
            silent=facts(host=a_host(limits={"as": 1_400_000_000})),
            says=("address space", "4000000000", "ulimit -v unlimited"),
        ),
        Case(
            "limit-too-low",
            note="files left open",
            fires=facts(host=a_host(limits={"nofile": 1024}, open_files=1000)),
            silent=facts(host=a_host(limits={"nofile": 1024}, open_files=990)),
            says=("open files", "1024", "1030", "1000 files are open", "ulimit -n 1030"),
        ),
        Case(
            "limit-too-low",
            note="stack and variables",
            fires=_with_variables(120_000),
            silent=_with_variables(60_000),
            says=("stack size", "ulimit -s 8192"),
        ),
        Case(
            "limit-too-low",
            note="length of a variable",
            fires=_with_path("x" * 131_067),
            silent=_with_path("x" * 131_066),
            says=("length of PATH", "131072", "131073", "Shorten PATH"),
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
            "cpu-time-limited",
            note="ends the start",
            fires=around(cpu_seconds=1),
            silent=around(cpu_seconds=None),
            severity="error",
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
