"""Findings about calls: those that do not end, queues, batches, instances.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.checks import Finding
from tritondoctor.checks.model import Remedy, Text, counted, text
from tritondoctor.running import waits
from tritondoctor.running.conclude import conclude
from tritondoctor.running.figures import ModelFigures
from tritondoctor.running.http import READY
from tritondoctor.running.model import Recording
from tritondoctor.running.stall import Stall, ended, stalls

#: a queue this many times as long as the call, and this long (ms), is an overload
_QUEUE_FACTOR, _QUEUE_MS = 3.0, 50.0
#: fewer requests than this in a look say nothing about batches
_ENOUGH = 10
_SOME = 3
#: calls at a time, so that a GPU would be seen to work
_BUSY = 0.3
_ALONE = 1.2
_FULL = 0.9
#: requests that wait on average, for the batcher to choose from
_SEVERAL = 1.5
#: hardly ever does one
_SELDOM = 0.2
#: Triton's /v2/health/ready (HandleServerHealth of server's http_server.cc)
_READY, _NOT_READY = 200, (400, 503)
#: the models to name
_MOST_NAMES = 3


def findings(recording: Recording, known: Sequence[ModelFigures]) -> Iterator[Finding]:
    """Yield the findings about the calls of each model."""
    silent = _silent(recording)
    if silent is not None:
        yield silent
        return
    if recording.metrics_of_another:
        yield _metrics_unread(recording)
        return
    running = stalls(recording.looks)
    yield from (_running(recording, call) for call in running)
    yield from (_long(recording, call) for call in ended(recording.looks))
    for model in known:
        yield from _failing(model)
        yield from _waiting(model)
        yield from _instances(model, recording)
        yield from _gpu(model, recording)
    dead = any(process.state == "Z" for process in recording.looks[-1].processes)
    if not running and not dead and all(_is_idle(model) for model in known):
        counted = any(look.metrics for look in recording.looks)
        yield _no_traffic(recording) if counted else _metrics_unread(recording)


def _silent(recording: Recording) -> Optional[Finding]:
    last, server = recording.looks[-1], recording.server
    ready = any(look.ready == _READY for look in recording.looks)
    if last.ready == _READY or (last.metrics is not None and (ready or server.http is None)):
        return None
    if last.ready in _NOT_READY:
        why = text("{url}{path} says {status}: it is not ready", url=server.http,
                   path=READY, status=last.ready)  # fmt: skip
    elif last.ready is not None:
        why = text("{url}{path} says {status}, which no Triton does", url=server.http,
                   path=READY, status=last.ready)  # fmt: skip
    elif last.metrics is not None:
        why = text(
            "nothing answers at {url}{path}, though metrics come from {metrics}",
            url=server.http, path=READY, metrics=server.metrics,
        )  # fmt: skip
    else:
        return _dead(recording)
    return conclude("server-silent", {"why": why})


def _dead(recording: Recording) -> Optional[Finding]:
    """Neither its metrics nor its health were read."""
    last, server = recording.looks[-1], recording.server
    if server.server_pid is not None and not any(
        process.role == "tritonserver" for process in last.processes
    ):
        return conclude("server-silent", {"why": text("tritonserver has ended")})
    if server.metrics is None and server.http is None:
        return None
    stopped = any(process.role == "tritonserver" and process.state in "Tt" for process in last.processes)
    if stopped:
        why = text("it is stopped (SIGSTOP)")
    elif server.http is None:
        why = text("{problem}", problem=last.problem)
    else:
        why = text(
            "nothing answers at {url}{path}, and no metrics come ({problem})",
            url=server.http, path=READY, problem=last.problem or "?",
        )  # fmt: skip
    return conclude("server-silent", {"why": why})


def _running(recording: Recording, call: Stall) -> Finding:
    if call.seconds < recording.hang_after_s:
        return _long(recording, call)
    status = recording.looks[-1].ready
    ready = (text("/v2/health/ready says {status}", status=status),) if status else ()
    return conclude(
        "infer-hangs",
        {"model": call.model, "seconds": f"{call.seconds:.0f}", "how": waits.how(recording, call)},
        *_call_evidence(call), *ready, *waits.evidence(recording),
        remedies=_remedies_of_hang(recording),
    )  # fmt: skip


def _long(recording: Recording, call: Stall) -> Finding:
    fields = {
        "model": call.model,
        "seconds": f"{call.seconds:.0f}",
        "limit": f"{recording.hang_after_s:g}",
    }
    return conclude("call-runs-long", fields, *_call_evidence(call))


def _call_evidence(call: Stall) -> Iterator[Text]:
    if call.pending:
        yield counted("{n} request waits behind it", "{n} requests wait behind it", call.pending)
    for instance in call.instances:
        yield text("instance {instance} is in one and the same call", instance=instance)


def _remedies_of_hang(recording: Recording) -> tuple[Remedy, ...]:
    pid = recording.server.pid
    if pid is None or recording.stacks:
        return ()
    title = text("See which line it stands at (pip install py-spy)")
    return (Remedy("py-spy", title, (f"py-spy dump --nonblocking --pid {pid}",)),)


def _failing(model: ModelFigures) -> Iterator[Finding]:
    if model.failures:
        fields = {"model": model.name, "failed": model.failures, "all": model.failures + model.requests}
        all_of_them = model.requests == 0 and model.failed_in_model >= _SOME
        yield conclude("requests-fail", fields, severity="error" if all_of_them else None)


def _waiting(model: ModelFigures) -> Iterator[Finding]:
    """Queues and batches of a model; one cause, one finding, but an overload also shows in full
    batches.
    """
    if model.decoupled or model.requests < _ENOUGH or not _is_measured(model):
        return
    alone = _not_batching(model)
    if alone is not None:
        yield alone
        return
    queue, compute = _queue_ms(model), model.compute_ms or 0.0
    full = _is_full(model)
    if queue > _QUEUE_FACTOR * compute and queue > _QUEUE_MS:
        fields = {"model": model.name, "queue": _short(queue), "compute": _short(compute)}
        yield conclude("overloaded", fields, *_numbers(model))
    if full and (model.waiting or 0) >= 1 and queue > compute / 2:
        fields = {
            "model": model.name,
            "rows": _short(model.rows_per_call),
            "most": str(model.max_batch_size),
        }
        line = f"ModelConfig(max_batch_size={2 * (model.max_batch_size or 0)})"
        remedy = Remedy("larger-batches", text("Allow larger batches"), (line,))
        yield conclude("batches-full", fields, *_numbers(model), remedies=(remedy,))


def _is_measured(model: ModelFigures) -> bool:
    return model.queue_ms is not None and model.compute_ms is not None and model.rows_per_call is not None


def _is_full(model: ModelFigures) -> bool:
    most = model.max_batch_size or 0
    return most > 1 and bool(model.batching) and (model.rows_per_call or 0) > _FULL * most


def _not_batching(model: ModelFigures) -> Optional[Finding]:
    """Requests that wait, each for a call of its own."""
    alone = (model.requests_per_call or 0) < _ALONE
    if not alone or not _others_wait(model) or model.max_batch_size is None:
        return None
    most, rows = model.max_batch_size, model.rows_per_call or 0
    if most > 1 and rows * 2 > most:
        return None  # two of them fit in no batch
    remedies: tuple[Remedy, ...] = ()
    if most <= 1:
        why = text("max_batch_size is {most}", most=most)
        remedies = (Remedy("batches", text("Allow batches"), ("ModelConfig(max_batch_size=16)",)),)
    elif not model.batching:
        why = text("the batcher is off (batcher=None), while requests wait")
        line = f"ModelConfig(max_batch_size={most}, batcher=DynamicBatcher())"
        remedies = (Remedy("batcher", text("Switch it on"), (line,)),)
    else:
        why = text(
            "the batcher is on, but the requests that wait have different shapes, and Triton puts only "
            "requests of one shape into a batch"
        )
        remedies = (Remedy("one-shape", text("Pad the inputs to a few shapes, or send one shape"), ()),)
    return conclude(
        "not-batching", {"model": model.name, "why": why}, *_numbers(model), remedies=remedies
    )


def _others_wait(model: ModelFigures) -> bool:
    """Whether requests wait, and for longer than a call: the batcher could have put them into one."""
    return (model.waiting or 0) >= _SEVERAL and _queue_ms(model) > (model.compute_ms or 0)


def _queue_ms(model: ModelFigures) -> float:
    """The wait of a request that the batcher was not told to let it have."""
    return max(0.0, (model.queue_ms or 0.0) - (model.delay_ms or 0.0))


def _instances(model: ModelFigures, recording: Recording) -> Iterator[Finding]:
    count, busy = model.instances or 0, model.busy
    if count < 2 or busy is None or model.requests < _ENOUGH:
        return
    fields = {"model": model.name, "instances": str(count), "busy": f"{busy:.1f}"}
    if busy < count / 2 and (model.waiting or 0) < _SELDOM:
        yield conclude("instances-idle", fields, *_numbers(model))
    cores = waits.cores_of_busiest(recording, count)
    waiting = (model.waiting or 0) >= 1
    if busy > 0.8 * count and waiting and cores is not None and 0.75 < cores < 1.25:
        yield conclude("instances-useless", {**fields, "cores": f"{cores:.1f}"}, *_numbers(model))


def _gpu(model: ModelFigures, recording: Recording) -> Iterator[Finding]:
    """GPUs that tritonserver watches, none of which is busy at any look while calls run."""
    parts = [gpu.busy for look in recording.looks if look.metrics for gpu in look.metrics.gpus]
    if parts and all(part == 0 for part in parts) and (model.busy or 0) > _BUSY:
        yield conclude("gpu-idle", {"model": model.name, "part": f"{100 * min(model.busy or 0, 1):.0f}"})


def _numbers(model: ModelFigures) -> Iterator[Text]:
    yield text(
        "{requests} requests in {seconds} s; {rows} rows a call; queue {queue} ms, call {compute} ms",
        requests=model.requests, seconds=_short(model.seconds), rows=_short(model.rows_per_call),
        queue=_short(model.queue_ms), compute=_short(model.compute_ms),
    )  # fmt: skip
    if model.pending:
        yield counted("{n} request waits now", "{n} requests wait now", model.pending)


def _short(number: Optional[float]) -> str:
    return "?" if number is None else f"{number:.0f}" if number >= 100 else f"{number:.1f}"


def _is_idle(model: ModelFigures) -> bool:
    return not (model.requests or model.calls or model.failures or model.pending)


def _no_traffic(recording: Recording) -> Finding:
    if any(process.role == "stub" for process in recording.looks[-1].processes):
        what = text("No request was answered, none waits, and no instance is in a call")
    else:
        what = text(
            "No request was answered and none waits. A call that runs now is counted when it ends"
        )
    return conclude("no-traffic", {"seconds": f"{recording.seconds:.0f}", "what": what})


def _metrics_unread(recording: Recording) -> Finding:
    server, last = recording.server, recording.looks[-1]
    if recording.metrics_of_another:
        models = ", ".join(recording.unknown[:_MOST_NAMES])
        why = text(
            "{url} counts {models}, which this server does not have", url=server.metrics, models=models
        )
    elif "network" in server.hidden:
        why = text("the server runs in another network namespace")
    elif server.metrics is None:
        why = text("none are offered on this machine")
    else:
        why = text("{problem}", problem=last.problem)
    return conclude("metrics-unread", {"why": why})
