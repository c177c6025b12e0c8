"""The platform that PyTriton is built for."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, Remedy, check, listed, text
from tritondoctor.facts.model import Facts


@check(
    "platform-unsupported",
    "error",
    title="PyTriton does not run on this platform",
    explanation="Its wheels contain programs for Linux with glibc on x86-64 and aarch64; this is {what}.",
    means="tritonserver is a glibc program. There is no wheel for musl (Alpine), macOS or other "
    "processors, and a forced install does not start.",
    verified="pip itself refuses manylinux wheels on musl; reported for macOS in pytriton#44.",
    by_hand="Use a distribution with glibc, for example in a container: Debian 12 or newer, Ubuntu "
    "22.04 or newer.",
    reads=("host.distribution", "host.libc", "host.machine", "host.system", "pytriton.arch"),
)
def platform_unsupported(facts: Facts) -> Iterator[CheckResult]:
    host, installed = facts.host, facts.pytriton
    what: object = None
    if host.system != "Linux":
        what = host.system
    elif host.libc == "musl":
        what = text("{distribution} with musl", distribution=host.distribution)
    elif host.machine not in ("x86_64", "aarch64"):
        what = text("Linux on {machine}", machine=host.machine)
    elif installed is not None and installed.arch and installed.arch != host.machine:
        template = "{machine}, and the installed wheel is for {other}"
        what = text(template, machine=host.machine, other=installed.arch)
    if what is not None:
        yield CheckResult({"what": what}, (text("{name}", name=host.distribution),))


@check(
    "proc-not-mounted",
    "error",
    title="/proc is not mounted",
    explanation="PyTriton starts its server through the `sh` package, which lists open files in "
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
    "clock-stopped",
    "error",
    title="The clock stands still: {clocks}",
    explanation="Python read the same time twice. Time-outs that never end, or that end before they "
    "begin, stop PyTriton: it loses the connections to its own server.",
    means="A library in LD_PRELOAD or /etc/ld.so.preload stands in for the system's clocks, such as "
    "libfaketime with a fixed date. (Another date that goes on, and a time namespace, do no harm.)",
    verified="libfaketime with FAKETIME='2020-01-01 00:00:00', with and without the monotonic clock: "
    "HTTPConnectionClosed; with FAKETIME=-10d it serves.",
    by_hand="Take libfaketime out of LD_PRELOAD, or let its clock run: FAKETIME='@2020-01-01 00:00:00'.",
    reads=("interpreter.stopped_clocks", "variables"),
)
def clock_stopped(facts: Facts) -> Iterator[CheckResult]:
    clocks = facts.interpreter.stopped_clocks
    if not clocks:
        return
    preloaded = facts.variables.get("LD_PRELOAD")
    evidence = (text("LD_PRELOAD={value}", value=preloaded),) if preloaded else ()
    remedies: tuple[Remedy, ...] = ()
    if preloaded:
        remedies = (Remedy("unset-preload", text("Unset LD_PRELOAD"), ("unset LD_PRELOAD",)),)
    yield CheckResult({"clocks": listed(clocks)}, evidence, remedies)


RULES = (
    clock_stopped,
    platform_unsupported,
    proc_not_mounted,
)
