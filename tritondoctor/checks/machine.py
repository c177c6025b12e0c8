"""The platform, and what a process may do on it."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, Remedy, check, text
from tritondoctor.facts.model import Facts

#: measured with 0.7.0 on two cores: 66 descriptors fail, 68 serve
FILES_NEEDED = 68
#: measured with 0.7.0 on two cores: 84 threads fail, 90 serve
THREADS_NEEDED = 88
#: measured with 0.7.0 on two cores: 1.6 GB of address space fail, 1.7 GB serve
ADDRESS_SPACE_NEEDED = 1_650_000_000
#: measured with 0.7.0 on two cores: 500 MB of data fail, 550 MB serve
DATA_NEEDED = 525_000_000
#: measured with 0.7.0: each thread gets a stack of the limit's size; 160 KiB fail, 200 KiB serve
STACK_NEEDED = 180 << 10


@check(
    "platform-unsupported",
    "error",
    title="PyTriton does not run on this platform",
    explanation="Its wheels hold programs for Linux with glibc on x86-64 and aarch64; this is {what}.",
    means="tritonserver is a glibc program. On musl (Alpine), macOS or another processor there is no "
    "wheel, and a forced install does not start.",
    verified="pip's own refusal of manylinux wheels on musl; reported in pytriton#44 for macOS.",
    by_hand="Use a glibc distribution, for instance in a container: Debian 12 or newer, Ubuntu 22.04 "
    "or newer.",
    reads=("host.distribution", "host.libc", "host.machine", "host.system", "pytriton.arch"),
)
def platform_unsupported(facts: Facts) -> Iterator[CheckResult]:
    host, installed = facts.host, facts.pytriton
    what = ""
    if host.system != "Linux":
        what = host.system
    elif host.libc == "musl":
        what = f"{host.distribution} with musl"
    elif host.machine not in ("x86_64", "aarch64"):
        what = f"Linux on {host.machine}"
    elif installed is not None and installed.arch and installed.arch != host.machine:
        what = f"{host.machine}, and the installed wheel is for {installed.arch}"
    if what:
        yield CheckResult({"what": what}, (text("{name}", name=host.distribution),))


@check(
    "proc-not-mounted",
    "error",
    title="/proc is not mounted",
    explanation="PyTriton starts its server through the `sh` package, which lists the descriptors in "
    "/dev/fd (a link into /proc) and fails without it.",
    means="A chroot or sandbox without /proc.",
    verified="/proc hidden in a sandbox: sh.ForkException, FileNotFoundError: /dev/fd.",
    by_hand="Mount it: mount -t proc proc /proc",
    reads=("host.proc_mounted", "host.system"),
)
def proc_not_mounted(facts: Facts) -> Iterator[CheckResult]:
    if facts.host.system == "Linux" and not facts.host.proc_mounted:
        remedy = Remedy("mount-proc", text("Mount it"), ("mount -t proc proc /proc",))
        yield CheckResult({}, (text("/proc/self/fd does not exist"),), (remedy,))


@check(
    "limit-too-low",
    "error",
    title="The limit on {what} is too low for tritonserver",
    explanation="The shell's limit is {limit}; a start needs about {needed}.",
    means="A resource limit (ulimit) that the server inherits stops it before it serves.",
    verified="prlimit with 64 open files (hangs until the time-out), 1.6 GB of address space, a stack of "
    "160 KiB, a file size below that of tritonserver (the copy fails), and a control group with 80 "
    "threads (90 serve).",
    by_hand="Raise the limit in the shell, the unit file or the container that starts PyTriton.",
    reads=("host.limits", "host.threads_left", "launch.largest_file", "surroundings.threads_left"),
)
def limit_too_low(facts: Facts) -> Iterator[CheckResult]:
    if facts.launch is None:
        return
    limits = dict(facts.host.limits)
    around = facts.surroundings
    threads = [facts.host.threads_left, around.threads_left if around else None]
    if any(left is not None for left in threads):
        limits["nproc"] = min(left for left in threads if left is not None)
    rules = (
        ("nofile", "open files", FILES_NEEDED, "ulimit -n 1024"),
        ("nproc", "threads of this user (those left)", THREADS_NEEDED, "ulimit -u 4096"),
        ("as", "address space", ADDRESS_SPACE_NEEDED, "ulimit -v unlimited"),
        ("data", "data segments", DATA_NEEDED, "ulimit -d unlimited"),
        ("stack", "stack size", STACK_NEEDED, "ulimit -s 8192"),
        ("fsize", "file size", facts.launch.largest_file, "ulimit -f unlimited"),
    )
    for name, what, needed, command in rules:
        limit = limits.get(name)
        if limit is not None and limit < needed:
            remedy = Remedy("raise-limit", text("Raise it in this shell"), (command,))
            yield CheckResult({"what": what, "limit": limit, "needed": needed}, (), (remedy,))


@check(
    "loopback-down",
    "error",
    title="127.0.0.1 cannot be reached: the loopback interface is down or has lost its address",
    explanation="PyTriton asks its own server on 127.0.0.1 whether it is ready; nothing reaches it.",
    means="A network namespace or container whose interface lo was never brought up, or whose address "
    "was taken away.",
    verified="`ip link set lo down` in a network namespace: PyTriton waits for its time-out; `ip address "
    "del 127.0.0.1/8 dev lo`: Network is unreachable.",
    by_hand="ip link set lo up; ip address add 127.0.0.1/8 dev lo",
    reads=("host.loopback", "host.system"),
)
def loopback_down(facts: Facts) -> Iterator[CheckResult]:
    if facts.host.system == "Linux" and not facts.host.loopback:
        commands = ("ip link set lo up", "ip address add 127.0.0.1/8 dev lo")
        yield CheckResult({}, (), (Remedy("loopback-up", text("Bring it up"), commands),))


@check(
    "loader-only-lists",
    "error",
    title="LD_TRACE_LOADED_OBJECTS is set: programs list their libraries instead of starting",
    explanation="With this variable the loader prints what it would load and ends; Python itself does "
    "not start.",
    means="The variable with which ldd asks the loader was left in the environment.",
    verified="LD_TRACE_LOADED_OBJECTS=1: python prints its libraries and ends.",
    by_hand="unset LD_TRACE_LOADED_OBJECTS",
    reads=("variables",),
)
def loader_only_lists(facts: Facts) -> Iterator[CheckResult]:
    if facts.variables.get("LD_TRACE_LOADED_OBJECTS"):
        remedy = Remedy("unset-variable", text("Unset it"), ("unset LD_TRACE_LOADED_OBJECTS",))
        yield CheckResult({}, (), (remedy,))


RULES = (platform_unsupported, proc_not_mounted, limit_too_low, loopback_down, loader_only_lists)
