"""What the kernel grants a process: files, threads, memory, CPU time, a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tritondoctor.checks.kernel import stopping
from tritondoctor.checks.left_behind import megabytes
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, text
from tritondoctor.facts.model import Facts
from tritondoctor.support.errno_names import errno_words
from tritondoctor.support.numbers import whole

#: measured with 0.7.0 on two cores: 66 descriptors fail, 68 serve
FILES_NEEDED = 68
#: of the server's own accord; each has five descriptors (measured with 0.7.0: 65 with 8, 565 with 108)
HTTP_THREADS, FILES_OF_THREAD = 8, 5
#: measured with 0.7.0 on two cores: 84 threads fail, 90 serve
THREADS_NEEDED = 88
#: stacks that tritonserver has at a time, each as large as the limit on stacks (pthread_create(3)), or
#: 2 MiB where that is unlimited; measured with 0.7.0 on two cores, from 4.07 GB of data at 64 MiB each
STACKS, UNLIMITED_STACK = 60, 2 << 20
#: beside the stacks; measured with 0.7.0 on two cores, with stacks of 8 MiB: 1.6 GB fail, 1.7 GB serve
ADDRESS_SPACE_NEEDED = 1_147_000_000
#: beside the stacks; measured with 0.7.0 on two cores, with stacks of 8 MiB: 500 MB fail, 550 MB serve
DATA_NEEDED = 22_000_000
#: measured with 0.7.0: what PyTriton's own process opens beside those that it is started with; 24 fail,
#: 34 serve
FILES_OF_CLIENT = 30
#: measured with 0.7.0: each thread gets a stack of the limit's size; 160 KiB fail, 200 KiB serve
STACK_NEEDED = 180 << 10
#: measured with 0.7.0 on two cores: 120 MB fail, 130 MB serve (108 MB are no pages of files)
MEMORY_NEEDED = 125_000_000
#: measured with 0.7.0 (7 quotas from 1.5 to 20 %): processor time until Linear answers
CPU_SECONDS_NEEDED = 3.0
#: of which PyTriton's own process takes 1.3 s (measured with 0.7.0): a limit of 1 s ends it
CPU_SECONDS_OF_CLIENT = 2
#: below it the stub is not ready within the 60 s that PyTriton waits for the model to load
#: (pytriton/client/utils.py, _DEFAULT_NETWORK_TIMEOUT_S): 2.5 % fail, 3 % serve
CPUS_NEEDED = 0.028
#: a start that takes longer is worth a warning; usual is below 10 s
SLOW_START_S = 30
#: the usual soft limit; below it somebody chose a lower one
USUAL_FILES = 1024


@check(
    "limit-too-low",
    "error",
    title="The limit on {what} is too low for tritonserver",
    explanation="The limit is {limit}; a start needs about {needed}.",
    means="A resource limit (ulimit) that the server inherits stops it before it serves.",
    verified="prlimit with 64 open files (hangs until the time-out), 1.6 GB of address space, a stack of "
    "160 KiB, 4 GB of address space with stacks of 1 GiB, a file size below that of tritonserver (the "
    "copy fails), a control group with 80 threads (90 serve), 1,000 of 1,024 files left open by whoever "
    "starts it, and an LD_LIBRARY_PATH and a PATH that PyTriton makes longer than the kernel takes.",
    by_hand="Raise the limit in the shell, the unit file or the container that starts PyTriton.",
    reads=(
        "host.limits",
        "host.open_files",
        "host.threads_left",
        "launch.configuration.values",
        "launch.largest_file",
        "launch.server_ld_library_path",
        "launch.server_path",
        "launch.variables_size",
        "surroundings.threads_left",
    ),
)
def limit_too_low(facts: Facts) -> Iterator[CheckResult]:
    if facts.launch is None:
        return
    limits = dict(facts.host.limits)
    around = facts.surroundings
    threads = [facts.host.threads_left, around.threads_left if around else None]
    if any(left is not None for left in threads):
        limits["nproc"] = min(left for left in threads if left is not None)
    http, all_more = _more_threads(facts)
    stacks = (STACKS + all_more) * limits.get("stack", UNLIMITED_STACK)
    files = max(FILES_NEEDED + http * FILES_OF_THREAD, FILES_OF_CLIENT + facts.host.open_files)
    threads_needed = THREADS_NEEDED + all_more
    rules = (
        ("nofile", text("open files"), files, f"ulimit -n {max(files, USUAL_FILES)}"),
        ("nproc", text("threads (those left to this user)"), threads_needed, "ulimit -u 4096"),
        ("as", text("address space"), ADDRESS_SPACE_NEEDED + stacks, "ulimit -v unlimited"),
        ("data", text("data segments"), DATA_NEEDED + stacks, "ulimit -d unlimited"),
        ("stack", text("stack size"), STACK_NEEDED + facts.launch.variables_size, "ulimit -s 8192"),
        ("fsize", text("file size"), facts.launch.largest_file, "ulimit -f unlimited"),
    )
    for name, what, needed, command in rules:
        limit = limits.get(name)
        if limit is not None and limit < needed:
            remedy = Remedy("raise-limit", text("Raise the limit in this shell"), (command,))
            evidence = _left_open(facts) if name == "nofile" else ()
            yield CheckResult({"what": what, "limit": limit, "needed": needed}, evidence, (remedy,))
    yield from _strings(facts, limits)


def _left_open(facts: Facts) -> tuple[Text, ...]:
    """Return that files are open before the start, where they are many; a shell leaves three."""
    count = facts.host.open_files
    if count <= FILES_OF_CLIENT:
        return ()
    return (
        text("{n} files are open before the start: whoever starts this shell left them open", n=count),
    )


def _strings(facts: Facts, limits: Mapping[str, int]) -> Iterator[CheckResult]:
    """PyTriton puts a folder behind the one and before the other (its triton_server.py, `_get_env`)."""
    launch = facts.launch
    assert launch is not None
    variables = {"LD_LIBRARY_PATH": launch.server_ld_library_path, "PATH": launch.server_path or ""}
    for name, value in variables.items():
        needed = len(f"{name}={value}".encode("utf-8", "surrogateescape")) + 1
        if needed > limits.get("string", needed):
            what = text("the length of {name}", name=name)
            title = text("Shorten {name}: PyTriton adds a folder to it", name=name)
            fields = {"what": what, "limit": limits["string"], "needed": needed}
            yield CheckResult(fields, (), (Remedy("shorten-variable", title),))


def _more_threads(facts: Facts) -> tuple[int, int]:
    """Return how many threads more than usual are set for HTTP, and for all that the settings name."""
    values = facts.launch.configuration.values() if facts.launch else {}
    more = []
    for key, usual in (("http_thread_count", HTTP_THREADS), ("buffer_manager_thread_count", 0)):
        given = values.get(key, "")
        more.append(max(0, whole(given) - usual) if given.isdecimal() else 0)
    return more[0], sum(more)


@check(
    "no-pty",
    "error",
    title="No pseudo-terminal is available",
    explanation="PyTriton starts its server through the `sh` package, which runs it on a "
    "pseudo-terminal: {why}.",
    means="A sandbox or container without /dev/pts, or all pseudo-terminals are in use "
    "(/proc/sys/kernel/pty/max).",
    verified="An empty /dev/pts, and another file in place of /dev/ptmx: OSError: out of pty devices.",
    by_hand="mount -t devpts devpts /dev/pts, and link /dev/ptmx to pts/ptmx.",
    reads=(
        "host.loopback",
        "kernel.filtered",
        "kernel.refusals",
        "launch.ports",
        "surroundings.pty_problem",
    ),
)
def no_pty(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if any(refusal.call in ("openpty", "ioctl") for refusal in stopping(facts)):
        return
    if around is not None and around.pty_problem:
        command = "mount -t devpts devpts /dev/pts -o ptmxmode=666"
        remedy = Remedy("mount-devpts", text("Mount /dev/pts"), (command,))
        yield CheckResult({"why": errno_words(around.pty_problem)}, (), (remedy,))


@check(
    "memory-too-low",
    "error",
    title="Too little memory is free: {left}",
    explanation="The server, the stub and Python need about {needed} together before they serve. The "
    "kernel kills one of them, and PyTriton does not report it.",
    means="The control group of the container or service allows too little memory (memory.max), or the "
    "machine's memory is full.",
    verified="A control group with 120 MB: the stub is killed; 130 MB serve.",
    by_hand="Raise the limit (docker run --memory, the pod's limits), or stop other programs.",
    reads=("surroundings.memory_left",),
)
def memory_too_low(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is not None and around.memory_left is not None and around.memory_left < MEMORY_NEEDED:
        yield CheckResult({"left": megabytes(around.memory_left), "needed": megabytes(MEMORY_NEEDED)})


@check(
    "open-files-limit-low",
    "warning",
    title="The limit of {limit} open files allows only about {clients} clients at a time",
    explanation="tritonserver itself needs about {own}, and each connection one more. Beyond the limit "
    "its log fills with `Too many open files`, and clients get no answer.",
    means="The soft limit (ulimit -n) is below the usual 1024.",
    verified="A limit of 100 with 60 open connections: the next request is not answered.",
    by_hand="ulimit -n 4096",
    reads=("host.limits", "launch"),
)
def open_files_limit_low(facts: Facts) -> Iterator[CheckResult]:
    limit = facts.host.limits.get("nofile")
    if facts.launch is not None and limit is not None and FILES_NEEDED <= limit < USUAL_FILES:
        fields = {"limit": limit, "clients": limit - FILES_NEEDED, "own": FILES_NEEDED}
        yield CheckResult(
            fields, (), (Remedy("raise-limit", text("Raise the limit"), ("ulimit -n 4096",)),)
        )


@check(
    "cpu-time-limited",
    "warning",
    title="Each process is limited to {seconds} s of CPU time",
    explanation="After that time the kernel kills the server, the stub or PyTriton's own process, "
    "which runs the inference function (SIGXCPU), in the middle of their work.",
    means="A limit on CPU time (ulimit -t), often set on login nodes of clusters.",
    verified="A limit of 1 s: PyTriton is killed while it starts, or at its first requests; with 3 s it "
    "starts.",
    by_hand="Start PyTriton in a batch job, or with ulimit -t unlimited.",
    reads=("surroundings.cpu_seconds",),
)
def cpu_time_limited(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is not None and around.cpu_seconds is not None:
        remedy = Remedy("raise-limit", text("Remove the limit"), ("ulimit -t unlimited",))
        ends = around.cpu_seconds < CPU_SECONDS_OF_CLIENT
        yield CheckResult({"seconds": around.cpu_seconds}, (), (remedy,), "error" if ends else None)


@check(
    "cpu-quota-low",
    "warning",
    title="The control group allows only {percent} % of a processor's time",
    explanation="A start needs about {needed} s of processor time, which take about {seconds} s here. "
    "{consequence}",
    means="The control group of this container or service has a quota (cpu.max, cpu.cfs_quota_us) far "
    "below one processor.",
    verified="Quotas of a control group: with 10 % Linear answers after 28 s, with 5 % after 52 s, with "
    "3 % after 98 s, with 2.5 % loading the model times out (60 s).",
    by_hand="Raise the quota: docker run --cpus, the pod's limits, CPUQuota= of the service.",
    reads=("surroundings.cpus",),
)
def cpu_quota_low(facts: Facts) -> Iterator[CheckResult]:
    allowed = facts.surroundings.cpus if facts.surroundings else None
    seconds = CPU_SECONDS_NEEDED / allowed if allowed else 0.0
    if allowed is None or seconds <= SLOW_START_S:
        return
    fields = {
        "percent": f"{allowed * 100:.3g}",
        "needed": f"{CPU_SECONDS_NEEDED:g}",
        "seconds": f"{seconds:.0f}",
    }
    if allowed >= CPUS_NEEDED:
        consequence = text("PyTriton waits that long, but requests are as slow.")
        yield CheckResult({**fields, "consequence": consequence})
        return
    consequence = text("PyTriton gives up before: it waits 60 s for the model to load.")
    yield CheckResult({**fields, "consequence": consequence}, severity="error")


RULES = (
    limit_too_low,
    no_pty,
    memory_too_low,
    open_files_limit_low,
    cpu_time_limited,
    cpu_quota_low,
)
