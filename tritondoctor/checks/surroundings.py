"""The machine around the launch: what stops it, and what bites later under conditions."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.left_behind import megabytes
from tritondoctor.checks.machine import FILES_NEEDED
from tritondoctor.checks.model import CheckResult, Remedy, check, text
from tritondoctor.checks.place import enlarge_shared_memory
from tritondoctor.checks.settings import proxy_stops_start
from tritondoctor.facts.model import Facts
from tritondoctor.support.errors import errno_words

#: measured with 0.7.0 on two cores: 120 MB fail, 160 MB serve
MEMORY_NEEDED = 140_000_000
#: the usual soft limit; below it somebody chose a lower one
USUAL_FILES = 1024
#: INITIAL_BACKEND_SHM_SIZE of PyTriton
POOL = 4 << 20
#: what Docker and Kubernetes give a container lets batches of about 31 MB through
SMALL_BATCH = 32 << 20


@check(
    "no-pty",
    "error",
    title="There is no pseudo-terminal to be had",
    explanation="PyTriton starts its server through the `sh` package, which runs it on a "
    "pseudo-terminal: {why}.",
    means="A sandbox or container without /dev/pts, or all pseudo-terminals are in use "
    "(/proc/sys/kernel/pty/max).",
    verified="An empty /dev/pts, and another file in the place of /dev/ptmx: OSError: out of pty "
    "devices.",
    by_hand="mount -t devpts devpts /dev/pts, and link /dev/ptmx to pts/ptmx.",
    reads=("surroundings.pty_problem",),
)
def no_pty(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is not None and around.pty_problem:
        command = "mount -t devpts devpts /dev/pts -o ptmxmode=666"
        remedy = Remedy("mount-devpts", text("Mount them"), (command,))
        yield CheckResult({"why": errno_words(around.pty_problem)}, (), (remedy,))


@check(
    "memory-too-low",
    "error",
    title="Too little memory is left: {left}",
    explanation="Server, stub and Python take about {needed} together before they serve; the kernel ends "
    "one of them, and PyTriton says nothing of it.",
    means="The control group of the container or service allows too little (memory.max), or the machine "
    "is full.",
    verified="A control group with 120 MB: the stub is killed; 160 MB serve.",
    by_hand="Raise the limit (docker run --memory, the pod's limits), or end other programs.",
    reads=("surroundings.memory_left",),
)
def memory_too_low(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is not None and around.memory_left is not None and around.memory_left < MEMORY_NEEDED:
        yield CheckResult({"left": megabytes(around.memory_left), "needed": megabytes(MEMORY_NEEDED)})


@check(
    "shared-memory-small",
    "warning",
    title="Batches over {batch} do not fit into /dev/shm",
    explanation="A batch is held there twice, beside the stub's own 4 MB; {free} of {total} are "
    "free. Larger requests fail with `Failed to increase the shared memory pool size`, or hang.",
    means="Docker and Kubernetes give a container 64 MB of /dev/shm unless told otherwise; PyTriton "
    "starts with 4 MB and grows with the requests.",
    verified="/dev/shm of 24, 40 and 64 MiB with one model: batches a tenth below the figure are "
    "answered, a tenth above it fail. "
    "server#5681, server#4869.",
    by_hand="Enlarge it: docker run --shm-size=1g; in a pod an emptyDir with medium: Memory on /dev/shm.",
    reads=(
        "host.container",
        "launch.shared_memory.free",
        "launch.shared_memory.needed",
        "surroundings.shared_memory_total",
    ),
)
def shared_memory_small(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.shared_memory if facts.launch else None
    around = facts.surroundings
    if place is None or around is None or place.free is None or place.free < place.needed:
        return
    batch = largest_batch(place.free)
    if batch < SMALL_BATCH:
        fields = {"batch": megabytes(batch), "free": megabytes(place.free),
                  "total": megabytes(around.shared_memory_total or 0)}  # fmt: skip
        yield CheckResult(fields, (), (enlarge_shared_memory(facts),))


def largest_batch(free: int) -> int:
    """The largest that fits: the stub's pool holds it, and PyTriton's TensorStore once more."""
    return max(0, (free - POOL) // 2)


@check(
    "few-clients",
    "warning",
    title="The limit of {limit} open files lets about {clients} clients in at a time",
    explanation="tritonserver itself takes about {own}, and each connection one; with more, `Too many "
    "open files` fills its log, and clients wait in vain.",
    means="The soft limit (ulimit -n) is below the usual 1024.",
    verified="A limit of 100 with 60 connections held open: the next request is not answered.",
    by_hand="ulimit -n 4096",
    reads=("host.limits", "launch"),
)
def few_clients(facts: Facts) -> Iterator[CheckResult]:
    limit = facts.host.limits.get("nofile")
    if facts.launch is not None and limit is not None and FILES_NEEDED <= limit < USUAL_FILES:
        fields = {"limit": limit, "clients": limit - FILES_NEEDED, "own": FILES_NEEDED}
        yield CheckResult(fields, (), (Remedy("raise-limit", text("Raise it"), ("ulimit -n 4096",)),))


@check(
    "cpu-time-limited",
    "warning",
    title="Each process may compute for {seconds} s only",
    explanation="After so much time on the processor the kernel ends the server or the stub (SIGXCPU), "
    "in the middle of its work; the inference function runs in PyTriton's own process.",
    means="A limit on CPU time (ulimit -t), as login nodes of clusters set it.",
    verified="A limit of 1 s: it starts, and is killed while it answers requests.",
    by_hand="Start PyTriton in a batch job, or with ulimit -t unlimited.",
    reads=("surroundings.cpu_seconds",),
)
def cpu_time_limited(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is not None and around.cpu_seconds is not None:
        remedy = Remedy("raise-limit", text("Lift it"), ("ulimit -t unlimited",))
        yield CheckResult({"seconds": around.cpu_seconds}, (), (remedy,))


@check(
    "localhost-unresolved",
    "warning",
    title="{name} does not lead to 127.0.0.1",
    explanation="PyTriton itself uses 127.0.0.1 and starts; a client that asks for localhost over HTTP "
    "does not reach the server, which listens on IPv4 only (localhost leads {leads}).",
    means="/etc/hosts lacks the line `127.0.0.1 localhost`, or has the name for ::1 only.",
    verified="/etc/hosts empty, with ::1 only and with another address: ModelClient('localhost') fails, "
    "grpc://localhost and 127.0.0.1 work. Merlin#66, server#6560.",
    by_hand="Add the line to /etc/hosts, or give clients 127.0.0.1.",
    reads=("surroundings.localhost",),
)
def localhost_unresolved(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is None or any(one.startswith("127.") for one in around.localhost):
        return
    leads = f"to {', '.join(around.localhost)}" if around.localhost else "nowhere"
    command = "echo '127.0.0.1 localhost' >> /etc/hosts"
    remedy = Remedy("add-localhost", text("Add the line"), (command,))
    yield CheckResult({"name": "localhost", "leads": leads}, (), (remedy,))


@check(
    "proxy-takes-grpc",
    "warning",
    title="gRPC clients here would ask a proxy for {hosts}",
    explanation="{variable} is set, and no_proxy does not spare {hosts}: ModelClient('grpc://…') sends "
    "even local requests through the proxy, and fails. HTTP clients are not concerned.",
    means="gRPC obeys grpc_proxy, https_proxy and http_proxy, and knows local names from no_proxy only.",
    verified="http_proxy set: grpc://localhost fails, with no_proxy=localhost it works, the same for "
    "127.0.0.1; HTTP works always.",
    by_hand="export no_proxy=localhost,127.0.0.1",
    reads=(
        "launch.configuration.endpoint",
        "launch.configuration.endpoints",
        "surroundings.grpc_proxied",
        "surroundings.grpc_proxy",
    ),
)
def proxy_takes_grpc(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is None or around.grpc_proxy is None:
        return
    if proxy_stops_start(facts):
        return
    spare = "export no_proxy=${no_proxy:+$no_proxy,}localhost,127.0.0.1"
    remedy = Remedy("spare-localhost", text("Spare them"), (spare,))
    fields = {"hosts": " and ".join(around.grpc_proxied), "variable": around.grpc_proxy}
    yield CheckResult(fields, (), (remedy,))


RULES = (
    no_pty,
    memory_too_low,
    shared_memory_small,
    few_clients,
    cpu_time_limited,
    localhost_unresolved,
    proxy_takes_grpc,
)
