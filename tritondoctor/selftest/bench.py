"""Throughput and latency at rising concurrency, batching off and on, 1 and 2 instances."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from tritondoctor.selftest.generator import Generator, LoadOrder, LoadTarget, Stuck
from tritondoctor.selftest.model import Bench, Load
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.watch import Ended

CLIENTS = (1, 2, 4, 8, 16, 32)
SECONDS = 1.5
#: the doctor's own interpreter, and nothing of its environment
COMMAND = (sys.executable, "-I", "-S")
_ROW = {"name": "INPUT_1", "shape": [1, 2], "datatype": "FP32", "data": [0.5, -0.5]}

#: called before each load with its number, how many there are, and the seconds that are left
Progress = Callable[[int, int, float], None]


def measure(
    stage: Stage,
    endpoints: dict[str, Sequence[Any]],
    progress: Progress = lambda number, count, left: None,
) -> Bench:
    """Bind the models of the bench beside Linear, and put load on each in turn.  Raises Ended."""
    if "http" not in endpoints:
        raise Ended("the bench needs HTTP, which is switched off here")
    ready = stage.call("bind")
    loads: list[Load] = []
    server = LoadTarget(endpoints["http"][0], endpoints["http"][1], [_body()])
    generator = Generator(stage.watch, stage.mark, COMMAND, os.environ, server)
    orders = [(model, clients) for model in ready["models"] for clients in CLIENTS]
    began, most_cpu = time.monotonic(), 0.0
    try:
        for number, (model, clients) in enumerate(orders):
            each = (time.monotonic() - began) / number if number else SECONDS
            progress(number + 1, len(orders), each * (len(orders) - number))
            load, cpu = _load(stage, generator, model, clients)
            loads.append(load)
            most_cpu = max(most_cpu, cpu)
    finally:
        generator.close()
    return Bench(
        ready["what"], SECONDS, tuple(loads), ratio(loads), os.cpu_count() or 1,
        round(os.getloadavg()[0], 1), round(most_cpu, 2), round(ready["call_ms"], 2),
    )  # fmt: skip


def _body() -> dict[str, Any]:
    body = json.dumps({"inputs": [_ROW]}).encode()
    headers = {"Content-Type": "application/json"}
    return {"headers": headers, "body": base64.b64encode(body).decode()}


def ratio(loads: Sequence[Load]) -> float:
    """Return the best throughput with batching divided by the best without it, for 1 instance."""
    best = [
        max(
            (load.per_second for load in loads if load.batching is on and load.instances == 1),
            default=0,
        )
        for on in (False, True)
    ]
    return round(best[1] / best[0], 2) if best[0] else 0.0


def _load(stage: Stage, generator: Generator, model: dict[str, Any], clients: int) -> tuple[Load, float]:
    """The figures of one load, and the processor time that the generator took for it, in cores."""
    _batches(stage, model["model"])  # resets the counts
    try:
        answer = generator.load(LoadOrder(model["model"], clients, SECONDS))
    except Stuck as stuck:
        raise Ended(f"{model['model']}: {stuck}") from None
    if answer.failure or not answer.requests:
        raise Ended(f"{model['model']} did not answer under load {answer.failure[:200]}".strip())
    load = Load(
        **model,
        clients=clients,
        requests=answer.requests,
        per_second=round(answer.per_second, 1),
        p50=answer.p50,
        p95=answer.p95,
        p99=answer.p99,
        batches=_batches(stage, model["model"]),
    )
    return load, answer.cpu


def _batches(stage: Stage, model: str) -> dict[int, int]:
    batches = stage.call("counts", model)["batches"]
    return {int(size): batches[size] for size in sorted(batches, key=int)}
