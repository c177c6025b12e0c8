"""Throughput and latency at rising concurrency: dynamic batching off and on, one instance and two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from tritondoctor.selftest import processes
from tritondoctor.selftest.model import Bench, Load
from tritondoctor.selftest.session import Session
from tritondoctor.selftest.watch import Ended, Watch
from tritondoctor.support import own_files

CLIENTS = (1, 2, 4, 8, 16, 32)
SECONDS = 1.5


def measure(session: Session, watch: Watch, places: dict[str, Sequence[Any]]) -> Bench:
    """Binds the bench's models beside Linear and loads one after the other."""
    if "http" not in places:
        raise Ended("the bench asks over HTTP, which is off here")
    session.send({"do": "bench"})
    said = watch.until("bench-ready")
    loads = [
        _load(session, watch, places["http"], model, clients)
        for model in said["models"]
        for clients in CLIENTS
    ]
    return Bench(said["what"], SECONDS, tuple(loads), ratio(loads))


def ratio(loads: Sequence[Load]) -> float:
    """Best throughput with batching over best throughput without it, one instance each."""
    best = [
        max(
            (load.per_second for load in loads if load.batching is on and load.instances == 1),
            default=0,
        )
        for on in (False, True)
    ]
    return round(best[1] / best[0], 2) if best[0] else 0.0


def _load(
    session: Session, watch: Watch, place: Sequence[Any], model: dict[str, Any], clients: int
) -> Load:
    _batches(session, watch, model["model"])  # forgets what was before
    order = {
        "host": place[0], "port": place[1], "model": model["model"], "clients": clients,
        "seconds": SECONDS,
    }  # fmt: skip
    generator = subprocess.Popen(
        [sys.executable, "-I", "-S", own_files.path("selftest/load.py"), json.dumps(order)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        env={**os.environ, processes.MARK: session.mark}, preexec_fn=processes.die_with_parent,
    )  # fmt: skip
    assert generator.stdout
    with generator.stdout as output:
        watch.listen(SECONDS)
        answer = json.loads(output.read() or b"{}")
    if generator.wait() or not answer.get("milliseconds"):
        raise Ended(f"{model['model']} did not answer under load")
    took = answer["milliseconds"]
    return Load(
        **model,
        clients=clients,
        requests=len(took),
        per_second=round(len(took) / answer["seconds"], 1),
        p50=quantile(took, 0.50),
        p95=quantile(took, 0.95),
        p99=quantile(took, 0.99),
        batches=_batches(session, watch, model["model"]),
    )


def _batches(session: Session, watch: Watch, model: str) -> dict[int, int]:
    session.send({"do": "counts", "model": model})
    batches = watch.until("counts")["batches"]
    return {int(size): batches[size] for size in sorted(batches, key=int)}


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest of sorted values that at least this part of them does not exceed."""
    return values[min(len(values) - 1, max(0, -int(-part * len(values) // 1) - 1))]
