"""Whether Triton's ensemble scheduler passes an answer of one model on to the next."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import msgspec

from tritondoctor.selftest import reference, wire
from tritondoctor.selftest.model import Comparison, EnsembleTime
from tritondoctor.selftest.stage import Stage

BROKEN = "selftest-ensemble-broken"
ROUNDS = 30
_ID, _LABEL = "ensemble", "ensemble of two models"
_STEPS = ("Halve", "Linear")


def check(stage: Stage, endpoints: Mapping[str, Sequence[Any]], *, offered: bool) -> Comparison:
    """Send rows through the ensemble Pipe: right numbers, and both steps in the metrics."""
    if not offered:
        why = "this release cannot start the server after its models were bound"
        return Comparison(_LABEL, True, "", why, id=_ID, skipped=True)
    rows = reference.rows(8, seed=8)
    before = _counts(endpoints)
    began = time.monotonic()
    answer = stage.call("ask", rows)
    halves = [[number / 2 for number in row] for row in rows]
    found = wire.compared(_ID, _LABEL, halves, answer.get("output"), answer.get("problem", ""), began)
    after = _counts(endpoints)
    if not found.passed or before is None or after is None:
        return found
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
    host, port = endpoints["metrics"]
    text = wire.metrics_text((host, port))
    return {step: wire.successes(text, step) for step in _STEPS}
