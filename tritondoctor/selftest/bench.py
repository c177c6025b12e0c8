"""Throughput and latency at rising concurrency, batching off and on, 1 and 2 instances."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from tritondoctor.selftest import processes
from tritondoctor.selftest.model import Bench, Load
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.watch import Ended
from tritondoctor.support import own_files

CLIENTS = (1, 2, 4, 8, 16, 32)
SECONDS = 1.5


def measure(stage: Stage, endpoints: dict[str, Sequence[Any]]) -> Bench:
    """Bind the models of the bench beside Linear, and put load on each in turn.  Raises Ended."""
    if "http" not in endpoints:
        raise Ended("the bench needs HTTP, which is switched off here")
    ready = stage.call("bind")
    loads = [
        _load(stage, endpoints["http"], model, clients)
        for model in ready["models"]
        for clients in CLIENTS
    ]
    return Bench(ready["what"], SECONDS, tuple(loads), ratio(loads))


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


def _load(stage: Stage, endpoint: Sequence[Any], model: dict[str, Any], clients: int) -> Load:
    _batches(stage, model["model"])  # resets the counts
    order = {
        "host": endpoint[0], "port": endpoint[1], "model": model["model"], "clients": clients,
        "seconds": SECONDS,
    }  # fmt: skip
    generator = subprocess.Popen(
        [sys.executable, "-I", "-S", own_files.path("selftest/load.py"), json.dumps(order)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        env={**os.environ, processes.MARK: stage.mark}, preexec_fn=processes.die_with_parent,
    )  # fmt: skip
    assert generator.stdout
    with generator.stdout as output:
        stage.watch.listen(SECONDS)
        answer = json.loads(output.read() or b"{}")
    if generator.wait() or not answer.get("milliseconds"):
        raise Ended(f"{model['model']} did not answer under load")
    milliseconds = answer["milliseconds"]
    return Load(
        **model,
        clients=clients,
        requests=len(milliseconds),
        per_second=round(len(milliseconds) / answer["seconds"], 1),
        p50=quantile(milliseconds, 0.50),
        p95=quantile(milliseconds, 0.95),
        p99=quantile(milliseconds, 0.99),
        batches=_batches(stage, model["model"]),
    )


def _batches(stage: Stage, model: str) -> dict[int, int]:
    batches = stage.call("counts", model)["batches"]
    return {int(size): batches[size] for size in sorted(batches, key=int)}


def quantile(values: Sequence[float], part: float) -> float:
    """Return the smallest of the sorted values that at least `part` of them do not exceed."""
    return values[min(len(values) - 1, max(0, -int(-part * len(values) // 1) - 1))]
