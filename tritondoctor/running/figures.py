"""What the counters say of each model between the first look and the last.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from tritondoctor.running.metrics import ModelCounters
from tritondoctor.running.model import Recording, RunningFact

_COUNTED = (
    "requests",
    "rows",
    "calls",
    "queue_us",
    "input_us",
    "compute_us",
    "output_us",
    "failed",
    "failed_in_model",
)


class ModelFigures(RunningFact, frozen=True):
    """A model while somebody looked, for `seconds`.

    `requests` were answered, `failures` failed (`failed_in_model` of them there), `calls` ended.
    `queue_ms` and `compute_ms` are means over the answered requests: the wait for a call, the call; they
    mean nothing for a decoupled model, where they are None.  `busy` is how many calls ran at a time, on
    average.  `pending` requests wait at the last look, `waiting` on average of all looks. `delay_ms`
    is how long the batcher may wait on purpose.
    `max_batch_size`, `batching`, `instances` and `decoupled` are None where the server keeps its
    configuration to itself.
    """

    name: str
    version: str
    max_batch_size: Optional[int]
    batching: Optional[bool]
    instances: Optional[int]
    delay_ms: Optional[float]
    decoupled: Optional[bool]
    seconds: float
    requests: int
    calls: int
    rows_per_call: Optional[float]
    requests_per_call: Optional[float]
    queue_ms: Optional[float]
    compute_ms: Optional[float]
    busy: Optional[float]
    pending: Optional[int]
    waiting: Optional[float]
    failures: int
    failed_in_model: int


def figures(recording: Recording) -> tuple[ModelFigures, ...]:
    """Return the figures of every model that the last counters name; none of another server's."""
    return () if recording.metrics_of_another else tuple(_figures(recording))


def _figures(recording: Recording) -> Iterator[ModelFigures]:
    counted = [look for look in recording.looks if look.metrics is not None]
    if len(counted) < 2 or counted[-1].metrics is None or counted[0].metrics is None:
        return
    seconds = counted[-1].at_s - counted[0].at_s
    for model in counted[-1].metrics.models:
        before = counted[0].metrics.model(model.name, model.version)
        yield of_model(recording, model, before, seconds)


def of_model(
    recording: Recording, now: ModelCounters, before: Optional[ModelCounters], seconds: float
) -> ModelFigures:
    """Return the figures of a model from its counters at two times; None before: it was not loaded."""
    grown = _grown(now, before)
    settings = recording.settings_of(now.name)
    decoupled = settings.decoupled if settings else None
    requests, calls = grown["requests"], grown["calls"]
    ended = requests + grown["failed_in_model"]  # calls that fail are counted, their rows are not
    call_us = grown["input_us"] + grown["compute_us"] + grown["output_us"]
    compute_ms = None if decoupled else _ratio(call_us / 1000, requests)
    return ModelFigures(
        now.name,
        now.version,
        settings.max_batch_size if settings else None,
        settings.batching if settings else None,
        settings.instances if settings else None,
        settings.delay_us / 1000 if settings else None,
        decoupled,
        round(seconds, 2),
        requests,
        calls,
        _ratio((_ratio(grown["rows"], requests) or 0.0) * ended, calls),
        _ratio(ended, calls),
        None if decoupled else _ratio(grown["queue_us"] / 1000, requests),
        compute_ms,
        None if compute_ms is None else _ratio(calls * compute_ms / 1000, seconds),
        now.pending,
        _mean_pending(recording, now),
        grown["failed"],
        grown["failed_in_model"],
    )


def _grown(now: ModelCounters, before: Optional[ModelCounters]) -> dict[str, int]:
    """By how much each counter grew; from zero where the model was loaded again in between."""
    grown = {name: getattr(now, name) - (getattr(before, name) if before else 0) for name in _COUNTED}
    if any(number < 0 for number in grown.values()):
        return {name: getattr(now, name) for name in _COUNTED}
    return grown


def _mean_pending(recording: Recording, model: ModelCounters) -> Optional[float]:
    counted = (look.metrics.model(model.name, model.version) for look in recording.looks if look.metrics)
    pending = [known.pending for known in counted if known is not None and known.pending is not None]
    return _ratio(sum(pending), len(pending))


def _ratio(amount: float, count: float) -> Optional[float]:
    return round(amount / count, 3) if count else None
