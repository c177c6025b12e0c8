"""Findings about what the kernel refuses."""

from __future__ import annotations

from typing import Any

from tests.unit.build import a_host, a_launch, a_port, around, facts, surroundings
from tests.unit.checks.case import Case, FindingTests, draws, words
from tritondoctor.facts.machine.kernel_model import KernelPolicy, Refusal
from tritondoctor.facts.model import Facts


def with_refusals(*refusals: Refusal, container: str = "", **changes: Any) -> Facts:
    """The sound machine whose kernel refuses something, by a filter."""
    kernel = KernelPolicy(refusals, **{"filtered": True, **changes})
    return facts(kernel=kernel, host=a_host(container=container or None))


class TestKernel(FindingTests):
    CASES = (
        Case(
            "system-call-refused",
            fires=with_refusals(
                Refusal("clone3", "EPERM"), Refusal("pthread_create", "EPERM"), container="docker"
            ),
            # the C library takes clone then
            silent=with_refusals(Refusal("clone3", "ENOSYS"), container="docker"),
            says=("refuses clone3, which", "thread", "Operation not permitted", "Docker 20.10.10"),
        ),
        Case(
            "system-call-refused",
            note="unix-sockets",
            fires=with_refusals(Refusal("socket(AF_UNIX)", "EAFNOSUPPORT"), unit="serve.service"),
            silent=with_refusals(Refusal("mbind", "EOPNOTSUPP")),
            says=("AF_UNIX", "systemctl edit serve.service", "RestrictAddressFamilies=AF_UNIX"),
        ),
        Case(
            "system-call-refused",
            note="made by the kernel for a program",
            fires=with_refusals(Refusal("restart_syscall", "ENOSYS")),
            # an emulator does without it
            silent=with_refusals(Refusal("restart_syscall", "ENOSYS"), filtered=False),
            says=("refuses restart_syscall, which", "Function not implemented"),
        ),
        Case(
            "system-call-refused",
            note="killed",
            fires=with_refusals(Refusal("pthread_create", signal=31), unit="serve.service"),
            # too many threads are a limit's matter
            silent=with_refusals(Refusal("pthread_create", "EAGAIN")),
            says=("killed (signal 31)", "SystemCallFilter=clone3"),
        ),
        Case(
            "system-call-refused",
            note="another-reason",
            fires=with_refusals(Refusal("connect(127.0.0.1)", "EPERM")),
            # the interface is down: another finding
            silent=facts(
                kernel=KernelPolicy((Refusal("connect(127.0.0.1)", "ENETUNREACH"),)),
                host=a_host(loopback=False),
            ),
            says=("127.0.0.1", "Seccomp: 2"),
        ),
    )


def test_what_follows_from_a_refusal_is_not_told_as_well() -> None:
    refused = KernelPolicy(
        (Refusal("socket(AF_INET)", "EPERM"), Refusal("openpty", "EPERM")), filtered=True
    )
    here = facts(
        kernel=refused, host=a_host(loopback=False), surroundings=surroundings(pty_problem="EPERM")
    )
    assert draws("system-call-refused", here)
    assert not draws("loopback-down", here) and not draws("no-pty", here)


def test_a_missing_terminal_is_no_refusal() -> None:
    here = around(pty_problem="ENOENT")
    assert draws("no-pty", here) and not draws("system-call-refused", here)


def test_a_sandbox_that_allows_the_servers_port_alone() -> None:
    refusal = KernelPolicy((Refusal("connect(127.0.0.1)", "EACCES"),))
    reached = a_launch(ports=(a_port("http", 8000),))
    assert not draws("system-call-refused", facts(kernel=refusal, launch=reached))
    unknown = a_launch(ports=())
    assert draws("system-call-refused", facts(kernel=refusal, launch=unknown))


def test_of_many_calls_the_first_are_named() -> None:
    calls = ("accept4", "bind", "connect", "clone3", "listen")
    (finding,) = draws("system-call-refused", with_refusals(*(Refusal(call, "EPERM") for call in calls)))
    assert "accept4, bind and 3 more" in words(finding)
