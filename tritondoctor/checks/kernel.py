"""What the kernel refuses of a start: system calls, kinds of sockets, whole facilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Optional

import msgspec

from tritondoctor.checks.kernel_policies import evidence, remedies
from tritondoctor.checks.model import CheckResult, Text, check, listed, text
from tritondoctor.facts.launch.settings import LOCAL
from tritondoctor.facts.machine.attempts import CONNECTIONS, TRANSFER
from tritondoctor.facts.machine.kernel_model import Refusal
from tritondoctor.facts.model import Facts
from tritondoctor.support import own_files
from tritondoctor.support.errno_names import errno_words
from tritondoctor.support.messages import mark

_MOST_NAMED = 3
#: EACCES is how some filters and security modules say EPERM
_ALIKE = {"EACCES": "EPERM", "EAFNOSUPPORT": "EPERM"}
#: the kernel has no port of its own choice left: checks/network.py (ip(7), ip_local_port_range)
NO_PORT = ("EADDRNOTAVAIL", "EADDRINUSE")
#: errors that say that there are too many already, not that they are forbidden: checks/limits.py
_EXHAUSTED = ("EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ENOSPC", *NO_PORT)


class Need(msgspec.Struct, frozen=True):
    """What a start needs some calls for."""

    calls: frozenset[str]
    why: str


def _need(why: str, *calls: str) -> Need:
    return Need(frozenset(calls), why)


#: the first that names a call is its reason
_NEEDS = (
    _need(
        mark("No program can start a thread here, and every part of PyTriton starts threads"),
        "clone3", "clone", "pthread_create", "set_robust_list",
    ),
    _need(
        mark("No program can start another one here, and PyTriton starts tritonserver"),
        "fork", "execve", "wait4", "kill", "pipe2", "dup2",
    ),
    _need(
        mark("PyTriton's processes talk to each other through Unix sockets (AF_UNIX)"),
        "socket(AF_UNIX)", "socketpair(AF_UNIX)", "socketpair",
    ),
    _need(
        mark("PyTriton asks its server over 127.0.0.1, and so does every client"),
        "socket(AF_INET)", "connect(127.0.0.1)", CONNECTIONS, TRANSFER,
        "socket", "connect", "bind", "listen", "accept4",
        "getsockname", "getpeername", "setsockopt", "getsockopt", "ioctl(FIONBIO)",
        "setsockopt(SO_REUSEADDR)", "setsockopt(TCP_NODELAY)", "sendto", "recvfrom", "shutdown",
    ),
    _need(mark("PyTriton runs its server on a pseudo-terminal"), "openpty"),
    _need(
        mark("The server and the stub share memory in /dev/shm"),
        "mmap(MAP_SHARED)", "ftruncate", "fallocate",
    ),
)  # fmt: skip


_SOCKET_CALLS = frozenset(
    {
        "accept4", "bind", "connect", "fcntl", "getsockname", "ioctl", "ioctl(FIONBIO)", "listen",
        "recvfrom", "sendto", "setsockopt", "socket", "socket(AF_INET)",
    }
)  # fmt: skip
#: what is tried as a whole -> the calls whose refusal is why it fails
_MADE_OF = {
    "pthread_create": frozenset({"clone3", "clone", "mmap", "mprotect", "futex", "set_robust_list"}),
    "socket(AF_UNIX)": frozenset({"socket"}),
    "socket(AF_INET)": frozenset({"socket"}),
    "socketpair(AF_UNIX)": frozenset({"socketpair"}),
    "ioctl(FIONBIO)": frozenset({"ioctl"}),
    CONNECTIONS: _SOCKET_CALLS | {"connect(127.0.0.1)"},
    TRANSFER: _SOCKET_CALLS | {"connect(127.0.0.1)", CONNECTIONS},
    "connect(127.0.0.1)": _SOCKET_CALLS | {"setsockopt(SO_REUSEADDR)", "setsockopt(TCP_NODELAY)"},
    "setsockopt(SO_REUSEADDR)": _SOCKET_CALLS,
    "setsockopt(TCP_NODELAY)": _SOCKET_CALLS,
    "flock(LOCK_EX)": frozenset({"flock"}),
    "openpty": frozenset({"ioctl", "openat", "newfstatat", "fstat"}),
    "mmap(MAP_SHARED)": frozenset({"ftruncate", "mmap", "openat"}),
}


@check(
    "system-call-refused",
    "error",
    title="The system refuses {what}, which a start of PyTriton needs",
    explanation="{how} It is a rule of this container, unit or sandbox, not a limit that is used up, and "
    "no damage of a package.",
    means="A process that is started here may not do what PyTriton's processes do. A filter of system "
    "calls refuses it (seccomp: Docker's and Podman's profile, a pod's seccompProfile, systemd's "
    "SystemCallFilter= and RestrictAddressFamilies=), a security module (AppArmor, SELinux, Landlock), "
    "or a sandbox with a kernel of its own, such as gVisor, lacks it.",
    verified="A child of the doctor's own tries each call. PyTriton was started under a filter for each "
    "system call of a start, with EPERM, with ENOSYS and with SIGSYS (tests/sweep_kernel): clone3 with "
    "EPERM (python#835, TTS#3439), no AF_UNIX (wsdd#75), and whatever else stops it.",
    by_hand="Find what confines the process: grep Seccomp /proc/self/status, cat "
    "/proc/self/attr/current, systemctl cat UNIT, docker inspect. Allow the call there.",
    reads=(
        "host.container", "host.loopback", "kernel.filtered", "kernel.refusals", "kernel.unit",
        "launch.ports",
    ),
)  # fmt: skip
def system_call_refused(facts: Facts) -> Iterator[CheckResult]:
    refusals = stopping(facts)
    if not refusals:
        return
    yield CheckResult(
        {"what": _named(refusals), "how": _how(refusals)},
        evidence(facts.kernel),
        remedies(facts, refusals),
    )


def stopping(facts: Facts) -> tuple[Refusal, ...]:
    """Return the refusals with which a start fails; of a call and what is made of it, the call."""
    found = [
        refusal for refusal in facts.kernel.refusals if _stops(refusal) and not _other(facts, refusal)
    ]
    calls = {refusal.call for refusal in found}
    return tuple(refusal for refusal in found if not calls & _MADE_OF.get(refusal.call, frozenset()))


def refused(facts: Facts, *calls: str) -> bool:
    """Whether the kernel refuses one of these, so that other checks need not look for a reason."""
    return any(refusal.call in calls and _stops(refusal) for refusal in facts.kernel.refusals)


def no_route(facts: Facts) -> Optional[Refusal]:
    """Return the answer to a connection where the kernel finds no way to 127.0.0.1 (ip-rule(8))."""
    if facts.kernel.filtered or not facts.host.loopback:
        return None
    local = (refusal for refusal in facts.kernel.refusals if refusal.call == "connect(127.0.0.1)")
    return next((refusal for refusal in local if refusal.errno in ("ENETUNREACH", "EINVAL")), None)


def held_back(facts: Facts) -> bool:
    """Return whether connections pass the loopback interface, and longer messages do not."""
    if facts.kernel.filtered or not facts.host.loopback:
        return False
    failed = {refusal.call for refusal in facts.kernel.refusals}
    return TRANSFER in failed and not failed & {"connect(127.0.0.1)", CONNECTIONS}


def _stops(refusal: Refusal) -> bool:
    """What a start does where a call is refused so, real starts have shown: data/kernel_calls.json."""
    if refusal.errno in _EXHAUSTED:
        return False
    answers = _table().get(refusal.call)
    if answers is None:
        return True  # done as a start does it, and there is no other way
    error = "KILL" if refusal.signal else _ALIKE.get(refusal.errno, refusal.errno)
    return error in answers


def _is_unreachable(facts: Facts) -> bool:
    """Return whether the server's own port cannot be asked: checks/network.py says it."""
    ports = facts.launch.ports if facts.launch else ()
    return any(port.why_not == "unreachable" for port in ports)


def _is_reached(facts: Facts) -> bool:
    """Return whether a connection to the server's own port was tried, and passed (machine/ports.py):
    a sandbox may forbid all others (landlock(7), LANDLOCK_ACCESS_NET_CONNECT_TCP).
    """
    ports = facts.launch.ports if facts.launch else ()
    return any(port.name == "http" and port.bindable and port.address in LOCAL for port in ports)


def _other(facts: Facts, refusal: Refusal) -> bool:
    """Whether it fails for a reason that another check tells: a folder, an interface, a device."""
    if refusal.call in ("connect(127.0.0.1)", CONNECTIONS, TRANSFER):
        if held_back(facts) or (refusal.errno == "EACCES" and _is_reached(facts)):
            return True
        if not facts.kernel.filtered and (_is_unreachable(facts) or no_route(facts)):
            return True
        return not facts.host.loopback and not refused(facts, "socket(AF_INET)", "socket")
    if refusal.call == "restart_syscall" and not refusal.signal:
        return not facts.kernel.filtered  # the kernel makes it for a program; an emulator does without
    if refusal.call in ("openpty", "mmap(MAP_SHARED)") and refusal.errno:
        return not facts.kernel.filtered or refusal.errno not in ("EPERM", "ENOSYS")
    return False


@cache
def _table() -> dict[str, list[str]]:
    """Call -> the answers with which it stops a start."""
    calls = own_files.table("kernel_calls.json")["calls"]
    return {name: row["stops"] for name, row in calls.items()}


def _named(refusals: Sequence[Refusal]) -> Text:
    names: list[object] = [refusal.call for refusal in refusals]
    if len(names) > _MOST_NAMED:
        more = text("{n} more", n=len(names) - _MOST_NAMED + 1)
        names = [*names[: _MOST_NAMED - 1], more]
    return listed(names)


def _how(refusals: Sequence[Refusal]) -> Text:
    return text("{why}. {answer}", why=_why(refusals), answer=_answer(refusals[0]))


def _why(refusals: Sequence[Refusal]) -> Text:
    calls = {refusal.call for refusal in refusals}
    need = next((need for need in _NEEDS if need.calls & calls), None)
    return text(need.why) if need is not None else text("A start of PyTriton makes this system call")


def _answer(refusal: Refusal) -> Text:
    if refusal.signal:
        return text(
            "Whoever calls {call} is killed (signal {number}).", call=refusal.call, number=refusal.signal
        )
    if not refusal.errno:
        return text("{call} does not return.", call=refusal.call)
    return text(
        "{call} fails: {error} ({name}).",
        call=refusal.call, error=errno_words(refusal.errno), name=refusal.errno,
    )  # fmt: skip


#: logs tell it, too (logs/signs/refused.py)
RULES = (msgspec.structs.replace(system_call_refused, seen_by=("check", "log")),)
