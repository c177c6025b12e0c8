"""Whether Triton's ensemble scheduler passes an answer of one model on to the next."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import msgspec

from tritondoctor.running import metrics
from tritondoctor.running.http import Address
from tritondoctor.selftest import reference, wire
from tritondoctor.selftest.model import Comparison, EnsembleTime
from tritondoctor.selftest.stage import Stage

BROKEN = "selftest-ensemble-broken"
ROUNDS = 30
_METRICS_S = 15.0
_ID, _LABEL = "ensemble", "ensemble of two models"
_COUNTED = "ensemble of two models, both of them counted in the metrics"
_STEPS = ("Halve", "Linear")


def check(stage: Stage, endpoints: Mapping[str, Sequence[Any]]) -> Comparison:
    """Send rows through the ensemble Pipe: right numbers, and both steps in the metrics."""
    rows = reference.rows(8, seed=8)
    before = _counts(endpoints)
    began = time.monotonic()
    answer = stage.call("ask", rows)
    if "refusal" in answer:
        return Comparison(_LABEL, True, "", answer["refusal"], id=_ID, skipped=True)
    halves = [[number / 2 for number in row] for row in rows]
    found = wire.compared(_ID, _LABEL, halves, answer.get("output"), answer.get("problem", ""), began)
    after = _counts(endpoints)
    if not found.passed or before is None or after is None:
        return found
    found = msgspec.structs.replace(found, name=_COUNTED)
    silent = [step for step in _STEPS if after[step] - before[step] < 1]
    if silent:
        got = f"{found.got}; the metrics count no request of {' and '.join(silent)}"
        return msgspec.structs.replace(found, passed=False, got=got)
    return found


def times(stage: Stage) -> tuple[EnsembleTime, ...]:
    """Measure an ensemble beside two requests of the client, with few and many numbers between."""
    return tuple(EnsembleTime(**row) for row in stage.call("compare", ROUNDS)["times"])


def _counts(endpoints: Mapping[str, Sequence[Any]]) -> Optional[dict[str, int]]:
    """How many requests of each step the metrics count; None where they are switched off."""
    if "metrics" not in endpoints:
        return None
    counted = metrics.fetch(Address(*endpoints["metrics"]), _METRICS_S)
    models = {step: counted.model(step) for step in _STEPS}
    return {step: model.requests if model else 0 for step, model in models.items()}
