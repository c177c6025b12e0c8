"""Findings about a server that runs: `tritondoctor attach` draws them (running/judge.py)."""

from __future__ import annotations

from tritondoctor.checks.model import Rule, Severity


def _rule(
    id: str,
    severity: Severity,
    *,
    title: str,
    explanation: str,
    means: str,
    verified: str,
    by_hand: str,
) -> Rule:
    return Rule(id, severity, title, explanation, means, verified, by_hand, seen_by=("attach",))


INFER_HANGS = _rule(
    "infer-hangs",
    "error",
    title="Calls of {model} do not end: for at least {seconds} s",
    explanation="{how}. Whoever asks waits for ever, while the server goes on saying that it is ready.",
    means="A call of the inference function runs and does not end: a lock that nobody releases, a loop "
    "without an end, a request to something that does not answer, or a generator that yields twice in a "
    "model without decoupled=True. Requests are not answered, and /v2/health/ready says 200.",
    verified="Servers of PyTriton 0.5.14 and 0.7.0 with a lock that is held, an endless loop, and a "
    "generator without decoupled=True. python_backend#5951, server#3299.",
    by_hand="See where it stands: py-spy dump --pid PID. Then end the server: a call that does not end "
    "holds up SIGINT as well, so SIGTERM may be needed. A model that really takes longer: --hang-after.",
)
CALL_RUNS_LONG = _rule(
    "call-runs-long",
    "info",
    title="A call of {model} has run for at least {seconds} s",
    explanation="That may be its work. Only after {limit} s is it called a hang (--hang-after).",
    means="One call took longer than the look. It ended, or there was no time to see whether it ends.",
    verified="A model whose calls take 20 s.",
    by_hand="Nothing, if the model needs that long. Else look again with a larger --hang-after.",
)
SERVER_SILENT = _rule(
    "server-silent",
    "error",
    title="The server does not answer: {why}",
    explanation="Whoever asks it gets no answer.",
    means="tritonserver has ended, is stopped, or is stuck itself; or no Triton listens for HTTP at that "
    "address.",
    verified="A server that was stopped with SIGSTOP, one that was killed, and addresses where nothing, "
    "a web server or gRPC listens.",
    by_hand="Read the server's log (tritondoctor explain LOG), and start it again.",
)
OVERLOADED = _rule(
    "overloaded",
    "warning",
    title="{model} is overloaded: requests wait {queue} ms for {compute} ms of work",
    explanation="More comes in than it can do, so the queue grows until clients give up.",
    means="A request waits for its call several times as long as the call takes.",
    verified="32 clients at a model that takes 100 ms for a call of at most 4 rows: 764 ms in the queue.",
    by_hand="Make calls cheaper (a larger max_batch_size, a GPU), serve from more machines, or let fewer "
    "requests in.",
)
BATCHES_FULL = _rule(
    "batches-full",
    "warning",
    title="The batches of {model} are full, and requests wait",
    explanation="A call takes {rows} of at most {most} rows. With a larger max_batch_size more requests "
    "share a call.",
    means="The dynamic batcher fills every call up to max_batch_size while more requests wait.",
    verified="32 clients at a model with max_batch_size=4.",
    by_hand="Raise max_batch_size in ModelConfig as far as memory allows, and measure: "
    "tritondoctor attach --watch.",
)
NOT_BATCHING = _rule(
    "not-batching",
    "warning",
    title="The requests of {model} are not batched",
    explanation="{why}.",
    means="Each call of the inference function gets one request, though others wait. The batcher is off, "
    "max_batch_size is 1, or the shapes of the requests differ: Triton puts only requests of one shape "
    "into a batch.",
    verified="batcher=None, max_batch_size=1, and 16 clients that all send another shape.",
    by_hand="Switch batching on (batcher=DynamicBatcher(), max_batch_size above 1), and pad inputs to "
    "a few shapes.",
)
INSTANCES_IDLE = _rule(
    "instances-idle",
    "info",
    title="{model} has {instances} instances, and {busy} of them work at a time",
    explanation="Fewer would serve as many requests; each has its stub, with its memory.",
    means="The instances of the model are hardly used at the same time.",
    verified="Four instances of a model that three clients ask.",
    by_hand="Bind fewer functions: infer_func=[fn] instead of several.",
)
INSTANCES_USELESS = _rule(
    "instances-useless",
    "warning",
    title="The {instances} instances of {model} take turns",
    explanation="All of them are busy, but PyTriton's process computes on {cores} core in all: its "
    "functions are threads of one process, and Python lets one of them run at a time (the GIL).",
    means="Several instances help where a function waits (a GPU, the network) or computes in a library "
    "that releases the GIL. Pure Python in them takes turns.",
    verified="Two instances of a function that counts in Python. pytriton#5, pytriton#69, pytriton#73.",
    by_hand="One instance and a larger batch; or work in NumPy, torch or another process.",
)
SLOW_SERIALIZATION = _rule(
    "slow-serialization",
    "warning",
    title="{model} spends more time copying data than computing",
    explanation="A call takes {call} ms. In it tritonserver and the stub, which only pass inputs and "
    "outputs on, use {copying} ms of processor time, PyTriton's process {work} ms.",
    means="Large inputs and outputs are copied through shared memory on their way to the function.",
    verified="A function that returns 32 MB: 93 ms of processor time around 19 ms of work.",
    by_hand="Send less: smaller types (uint8 images), encoded inputs, only the outputs that are needed.",
)
SHARED_MEMORY_NEARLY_FULL = _rule(
    "shared-memory-nearly-full",
    "warning",
    title="/dev/shm is nearly full: {free} of {total} are free",
    explanation="Requests pass through it. When it is full they fail or hang.",
    means="tritonserver and the stubs keep their requests in /dev/shm, and never give back what they "
    "took; Docker gives a container 64 MB.",
    verified="/dev/shm of 64 MiB filled up while a server ran. server#5681, server#4869, server#7481.",
    by_hand="Enlarge it (docker run --shm-size=1g), and remove what dead servers left: tritondoctor "
    "clean.",
)
MEMORY_GROWS = _rule(
    "memory-grows",
    "warning",
    title="The memory of {process} grows: {grown} in {seconds} s",
    explanation="At this rate the {left} that are left last {minutes} min.",
    means="A process takes more memory with every look, and so much that it will soon be ended.",
    verified="A function that keeps a copy of every input.",
    by_hand="Look for what the function keeps: lists that grow, caches without a limit, graphs of torch "
    "without no_grad().",
)
STUB_ENDED = _rule(
    "stub-ended",
    "error",
    title="The stub of {instance} has ended, and its requests fail",
    explanation="This tritonserver does not start it again: every request that the instance gets fails "
    "until the server is started again, while /v2/health/ready says 200.",
    means="Each instance has a process of its own, the stub. Something ended it: memory that ran out, a "
    "crash in a library, another program. Since release 24.06 of Triton nothing starts it again.",
    verified="PyTriton 0.7.0, 0.5.14 and 0.3.1: a stub that was killed stayed dead, each request got an "
    "error. server#8604, server#7230.",
    by_hand="See who ended it: dmesg (out of memory), the end of the server's log (tritondoctor explain "
    "LOG). Start the server again.",
)
STUB_RESTARTS = _rule(
    "stub-restarts",
    "warning",
    title="The stub of {instance} was started again",
    explanation="{how}. Something ends it: memory that runs out, a crash in a library, another program. "
    "The requests that it had are lost.",
    means="Each instance has a process of its own, the stub. When it dies, a tritonserver before 24.06 "
    "starts another with the next request (`Stub process is unhealthy and it will be restarted.`).",
    verified="server#8604 quotes it. Not seen with PyTriton 0.3.1, 0.5.14 and 0.7.0, where a stub that "
    "was killed stays dead (stub-ended).",
    by_hand="See who ends it: dmesg (out of memory), the end of the server's log (tritondoctor explain "
    "LOG).",
)
SIGINT_IGNORED = _rule(
    "sigint-ignored",
    "warning",
    title="This server ignores SIGINT: Ctrl-C and `kill -INT` do nothing",
    explanation="A shell starts what a script puts into the background (&) so. PyTriton's own advice, "
    "kill -SIGINT {pid}, does not end it.",
    means="The process was started with SIGINT ignored, and Python leaves that as it is.",
    verified="A server started with & in a script.",
    by_hand="End it with SIGTERM. Start it without &: systemd, a container, or setsid.",
)
TOKEN_ON_COMMAND_LINE = _rule(
    "token-on-command-line",
    "info",
    title="Every user of this machine can read the server's access token",
    explanation="PyTriton hands it to tritonserver on its command line, which everybody may read. "
    "Whoever has it can load models of theirs, which run as {user}.",
    means="The token protects the endpoints for loading models. /proc/PID/cmdline is readable for all.",
    verified="PyTriton 0.7.0: another user read it, and loaded a model with it.",
    by_hand="Do not share such a machine, mount /proc with hidepid=2, or serve from a container.",
)
REQUESTS_FAIL = _rule(
    "requests-fail",
    "warning",
    title="Requests to {model} fail: {failed} of {all}",
    explanation="They are answered with an error.",
    means="The inference function raises, or requests are refused (a full queue, a timeout in it).",
    verified="A function that raises for every second request.",
    by_hand="Read PyTriton's log: it has the traceback of each (tritondoctor explain LOG).",
)
GPU_IDLE = _rule(
    "gpu-idle",
    "info",
    title="The GPU does nothing while {model} computes",
    explanation="Calls ran for {part} % of the time, and no GPU was busy: the model computes on the CPU.",
    means="A model was loaded without .cuda() or device=0, a library was installed in its build for "
    "CPUs, or the model is meant for the CPU.",
    verified="Metrics with the lines of Triton's documentation. Not on real hardware. pytriton#77.",
    by_hand="See where the model is: next(model.parameters()).device, and torch.cuda.is_available() in "
    "the server's process.",
)
NO_TRAFFIC = _rule(
    "no-traffic",
    "info",
    title="Nobody asked anything in {seconds} s",
    explanation="{what}.",
    means="No request came, waited or was answered, so nothing can be said about batches and queues.",
    verified="A server that nobody asks.",
    by_hand="Look again under load, or longer: --seconds 30.",
)
METRICS_UNREAD = _rule(
    "metrics-unread",
    "warning",
    title="The metrics cannot be read: {why}",
    explanation="Without them nobody can say whether requests wait or fail.",
    means="Triton counts requests in its metrics alone. They are off, another server answers at that "
    "port, or the port is not the one that was given.",
    verified="A server with allow_metrics=False, a wrong --metrics-port, and two servers of which the "
    "other one has port 8002.",
    by_hand="Give the port of this server's metrics: tritondoctor attach URL --metrics-port N. Switch "
    "them on where they are off: TritonConfig(allow_metrics=True, metrics_port=8002).",
)

RULES = (
    INFER_HANGS,
    SERVER_SILENT,
    STUB_ENDED,
    OVERLOADED,
    NOT_BATCHING,
    BATCHES_FULL,
    INSTANCES_USELESS,
    SLOW_SERIALIZATION,
    SHARED_MEMORY_NEARLY_FULL,
    MEMORY_GROWS,
    STUB_RESTARTS,
    REQUESTS_FAIL,
    SIGINT_IGNORED,
    CALL_RUNS_LONG,
    INSTANCES_IDLE,
    GPU_IDLE,
    TOKEN_ON_COMMAND_LINE,
    NO_TRAFFIC,
    METRICS_UNREAD,
)
