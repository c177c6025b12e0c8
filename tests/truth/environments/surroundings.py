"""The machine around PyTriton: pseudo-terminals, control groups, and look-alikes that do no harm."""

from __future__ import annotations

import shutil
import socket

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent


@environment(
    "no-pty",
    cases={
        "no-devpts": ["--tmpfs", "/dev/pts"],
        "no-ptmx": ["--ro-bind", "/dev/null", "/dev/ptmx"],
    },
)
def no_pseudo_terminal(place: Place, options: list[str]) -> None:
    """The `sh` package runs the server on a pseudo-terminal."""
    place.options += options


@environment("memory-too-low")
def too_little_memory(place: Place) -> None:
    """A container that is allowed 120 MB."""
    place.group("memory", "memory.limit_in_bytes", 120_000_000)


@environment("cpu-quota-low")
def too_little_processor_time(place: Place) -> None:
    """A container that is allowed 2.5 % of a processor (docker run --cpus 0.025)."""
    place.group("cpu", "cpu.cfs_quota_us", 2500)


@environment(cases={"5-percent": 5000, "20-percent": 20_000})
def enough_processor_time(place: Place, quota: int) -> None:
    """It starts, late."""
    place.group("cpu", "cpu.cfs_quota_us", quota)


@environment(cases={"200-mb": 200_000_000, "135-mb": 135_000_000})
def enough_memory(place: Place, limit: int) -> None:
    """A container that is allowed just enough."""
    place.group("memory", "memory.limit_in_bytes", limit)


@environment("limit-too-low")
def too_few_threads_in_the_group(place: Place) -> None:
    """A container with 60 threads (docker run --pids-limit)."""
    place.group("pids", "pids.max", 60)


@environment()
def enough_threads_in_the_group(place: Place) -> None:
    """A container with 120 threads."""
    place.group("pids", "pids.max", 120)


@environment("port-in-use", cases={"plain": False, "shared": True})
def grpc_port_taken(place: Place, shared: bool) -> None:
    """Somebody listens on gRPC's port, also where he would share it (SO_REUSEPORT)."""
    place.listen(8001, options=(socket.SO_REUSEPORT,) if shared else ())


@environment("port-in-use", python=stock.SYSTEM)
def port_of_another_user(place: Place) -> None:
    """root listens, and another user may not see who it is."""
    _ = place.prefix
    place.listen(8000)
    place.as_nobody()


@environment("port-in-use")
def port_bound_by_one_who_does_not_listen(place: Place) -> None:
    """A port that is bound is taken, though nobody answers on it."""
    place.listen(8000, listens=False)


@environment(
    cases={
        "udp": (socket.AF_INET, socket.SOCK_DGRAM),
        "ipv6-only": (socket.AF_INET6, socket.SOCK_STREAM),
    }
)
def same_number_elsewhere(place: Place, other: tuple[int, int]) -> None:
    """The number is taken for UDP, or for IPv6 alone: tritonserver listens on neither."""
    place.listen(8000, family=other[0], kind=other[1])


@environment(cases=("urandom", "null"))
def device_missing(place: Place, name: str) -> None:
    """No source of random numbers in /dev, or no sink."""
    place.options += ["--ro-bind", "/etc/hostname", f"/dev/{name}"]


@environment(cases={"SIGCHLD": "SIGCHLD", "SIGTERM": "SIGTERM", "SIGPIPE": "SIGPIPE"})
def signal_ignored(place: Place, name: str) -> None:
    """Who starts PyTriton ignores a signal, and that is inherited."""
    line = f"import os, signal, sys; signal.signal(signal.{name}, signal.SIG_IGN); "
    place.before += ["/usr/bin/python3", "-c", f"{line}os.execvp(sys.argv[1], sys.argv[1:])"]


@environment(cases={"stack": {"stack": 2**33}, "cpu": {"cpu": 600}})
def odd_limit(place: Place, limits: dict[str, int]) -> None:
    """A huge stack for each thread, and a limit on time that is far away."""
    place.limit(**limits)


def _room_for(folder: str, files: int) -> str:
    used = f"$(stat -f -c %c {folder}) - $(stat -f -c %d {folder})"
    return f"mount -o remount,nr_inodes=$(( {used} + {files} )) {folder}"


@environment("shared-memory-unusable")
def shared_memory_for_one_file(place: Place) -> None:
    """A /dev/shm with space, and with room for one file."""
    place.before_start(_room_for("/dev/shm", 1))


@environment()
def shared_memory_for_few_files(place: Place) -> None:
    """A /dev/shm with room for as many files as a start makes."""
    place.before_start(_room_for("/dev/shm", 2))


@environment("temporary-not-writable")
def tmp_for_too_few_files(place: Place) -> None:
    """A /tmp with space, and with room for fewer files than a model has."""
    place.own_tmp()
    place.before_start(_room_for("/tmp", 7))


@environment()
def tmp_for_few_files(place: Place) -> None:
    """A /tmp with room for a model's files."""
    place.own_tmp()
    place.before_start(_room_for("/tmp", 12))


@environment()
def shared_memory_noexec(place: Place) -> None:
    """/dev/shm runs no programs, as hardened machines mount it."""
    place.before_start("mount -o remount,noexec /dev/shm")


@environment()
def standard_input_closed(place: Place) -> None:
    """A service that closes its standard input."""
    place.before_start("exec 0<&-")


_CLOCK = (
    "struct timespec { long s, n; }; "
    "int clock_gettime(int clock, struct timespec *t) { t->s = 1577836800; t->n = 0; return 0; }"
)


@environment("clock-stopped")
def clock_stands_still(place: Place) -> None:
    """A preloaded library stands in for the system's clocks, as libfaketime does with a fixed date."""
    place.set(LD_PRELOAD=place.compile(place.here / "clock/libclock.so", _CLOCK))


@environment()
def time_namespace(place: Place) -> None:
    """Clocks that began at another time."""
    place.before += ["unshare", "--time", "--monotonic", "100000", "--boottime", "100000", "--"]


#: functions of the C library that a preloaded library refuses
_REFUSING = {
    "fork": "int fork(void) { *__errno_location() = 11; return -1; }",
    "shm_open": "int shm_open(const char *a, int b, unsigned c) { *__errno_location() = 13; return -1; }",
    "ftruncate": "int ftruncate(int a, long b) { *__errno_location() = 28; return -1; }",
    "getaddrinfo": "int getaddrinfo(const char *a, const char *b, void *c, void *d) { return -2; }",
}


@environment("preload-breaks-start", python="3.10", cases=_REFUSING)
def preloaded_library_refuses(place: Place, function: str) -> None:
    """A library in LD_PRELOAD stands in for a function, as proxychains and sandboxes do."""
    source = f"extern int *__errno_location(void);\n{function}\n"
    place.set(LD_PRELOAD=place.compile(place.here / "hook/libhook.so", source))


def _firewall(place: Place, rule: str) -> None:
    program = shutil.which("iptables", path="/usr/sbin:/sbin")
    if program is None:
        raise Absent("iptables is not installed")
    place.options += ["--cap-add", "ALL"]
    place.before_start(f"{program} -A INPUT -i lo -p tcp {rule}")


@environment(
    "port-in-use",
    cases={"drop": "--dport 8000 -j DROP", "reject": "--dport 8000 -j REJECT", "all": "-j DROP",
           "one-at-a-time": "--syn --dport 8000 -m connlimit --connlimit-above 1 -j REJECT",
           "two-at-a-time": "--syn --dport 8000 -m connlimit --connlimit-above 2 -j DROP",
           "one-a-minute": "--syn --dport 8000 -m hashlimit --hashlimit-name one --hashlimit-above "
           "1/minute --hashlimit-burst 1 -j DROP"},
)  # fmt: skip
def firewall_on_the_servers_port(place: Place, rule: str) -> None:
    """Packets to the server's own port are dropped, on the loopback interface too."""
    _firewall(place, rule)


@environment()
def firewall_for_many_connections(place: Place) -> None:
    """A limit that a start does not meet."""
    _firewall(place, "--syn --dport 8000 -m connlimit --connlimit-above 30 -j REJECT")


@environment()
def firewall_on_another_port(place: Place) -> None:
    """gRPC's port is asked by nobody at start."""
    _firewall(place, "--dport 8001 -j DROP")


@environment()
def no_queue_for_connections(place: Place) -> None:
    """net.core.somaxconn of 0: one connection waits at a time."""
    place.options += ["--cap-add", "ALL"]
    place.before_start("echo 0 > /proc/sys/net/core/somaxconn")
