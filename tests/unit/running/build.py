"""Recordings to judge: a sound server that is asked, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Optional

from tritondoctor.running.metrics import Metrics, ModelCounters
from tritondoctor.running.model import (
    Look,
    ModelSettings,
    Recording,
    RunningProcess,
    RunningServer,
    RunningThread,
    SharedMemory,
)

SERVER = RunningServer(
    "http://127.0.0.1:8000", "http://127.0.0.1:8002", pid=100, server_pid=200, user="bob", age_s=60.0,
)  # fmt: skip
MODEL = "Linear"


def a_model(at_s: float, **changes: Any) -> ModelCounters:
    """Counters after `at_s` seconds: 100 requests a second, two a call, 1 ms queue, 2 ms a call."""
    n = round(100 * at_s)
    known = {"requests": n, "rows": n, "calls": n // 2, "queue_us": 1000 * n, "compute_us": 2000 * n,
             "pending": 0}  # fmt: skip
    return ModelCounters(MODEL, "1", **{**known, **changes})


def at_rate(
    per_second: float, *, calls: float, queue_ms: float = 1, call_ms: float = 2, pending: int = 0,
    failed: float = 0,
) -> Callable[[float], ModelCounters]:  # fmt: skip
    """Counters of a model that answers so many requests in so many calls a second."""

    def counters(at_s: float) -> ModelCounters:
        n = round(per_second * at_s)
        return ModelCounters(
            MODEL, "1", requests=n, rows=n, calls=round(calls * at_s), pending=pending,
            queue_us=round(1000 * queue_ms * n), compute_us=round(1000 * call_ms * n),
            failures={"BACKEND": round(failed * at_s)},
        )  # fmt: skip

    return counters


def still(*, pending: int, requests: int = 7) -> Callable[[float], ModelCounters]:
    """Counters of a model in which nothing moves."""
    return lambda at_s: ModelCounters(MODEL, "1", requests=requests, calls=5, pending=pending)


def settings(**changes: Any) -> ModelSettings:
    """The configuration of a model with batches of up to 16 rows."""
    known = {"max_batch_size": 16, "batching": True, "instances": 1, "decoupled": False}
    return ModelSettings(MODEL, "1", **{**known, **changes})


def a_process(role: str, pid: int, **changes: Any) -> RunningProcess:
    """A process of the server."""
    known = {"name": role, "state": "S", "start": pid * 10, "cpu_s": 1.0, "memory": 50_000_000}
    return RunningProcess(pid, role, **{**known, **changes})  # type: ignore[arg-type]


def processes(
    at_s: float, *, in_call: bool = False, wanted: float = 0.1, stub_pid: int = 300, **changes: Any
) -> tuple[RunningProcess, ...]:
    """PyTriton with a thread that wants a part of a core, tritonserver, a stub."""
    thread = RunningThread(101, "python", "S", "futex_do_wait", round(wanted * at_s, 3))
    switches = 40 if in_call else round(2 * at_s)
    return (
        a_process("pytriton", 100, threads=(thread,), **changes),
        a_process("tritonserver", 200),
        a_process("stub", stub_pid, instance=f"{MODEL}_0_0", switches=switches),
    )


def in_call(at_s: float) -> tuple[RunningProcess, ...]:
    """The same while a call runs."""
    return processes(at_s, in_call=True)


def recording(
    counters: Optional[Callable[[float], ModelCounters]] = a_model,
    *,
    seconds: float = 3.0,
    seen: Callable[[float], tuple[RunningProcess, ...]] = processes,
    configuration: Optional[ModelSettings] = None,
    shared_memory: Optional[SharedMemory] = None,
    problem: str = "",
    ready: Optional[int] = 200,
    **changes: Any,
) -> Recording:
    """A recording of a look every half second."""
    looks = [
        Look(
            n / 2, Metrics((counters(n / 2),)) if counters else None, problem, ready, seen(n / 2),
            shared_memory,
        )
        for n in range(round(seconds * 2) + 1)
    ]  # fmt: skip
    known: dict[str, Any] = {"server": SERVER, "settings": (configuration or settings(),)}
    return Recording(looks=tuple(looks), **{**known, **changes})


def sparse(looks: Sequence[Look], *numbers: int) -> tuple[Look, ...]:
    """Some of the looks."""
    return tuple(looks[number] for number in numbers)
