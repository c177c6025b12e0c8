"""Plain HTTP requests with the standard library, as curl sends them, without a proxy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Optional

from tritondoctor.running import metrics as running_metrics
from tritondoctor.running.http import Address, get, post_json
from tritondoctor.selftest import reference
from tritondoctor.selftest.model import Comparison

_SECONDS = 15.0
_INFER = "/v2/models/Linear/infer"
Place = tuple[str, int]


def _timed(id: str, name: str, expected: str, ask: Callable[[], tuple[bool, str]]) -> Comparison:
    began = time.monotonic()
    try:
        passed, got = ask()
    except OSError as failure:
        passed, got = False, f"{type(failure).__name__}: {failure}"
    return Comparison(name, passed, expected, got, seconds=round(time.monotonic() - began, 3), id=id)


def ready(place: Place, path: str, id: str, name: str) -> Comparison:
    """Check a readiness endpoint."""

    def ask() -> tuple[bool, str]:
        status = get(Address(*place), path, _SECONDS).status
        return status == 200, f"status {status}"

    return _timed(id, name, "status 200", ask)


class Scrape(NamedTuple):
    """What Prometheus would scrape: the check of it, and the names of Triton's series."""

    check: Comparison
    series: tuple[str, ...]


def metrics(place: Place) -> Scrape:
    """Check the metrics, which must count the answered requests."""
    text = ""

    def ask() -> tuple[bool, str]:
        nonlocal text
        text = running_metrics.read(Address(*place), _SECONDS)
        counters = running_metrics.parse(text).model("Linear")
        count = counters.requests if counters else 0
        return count > 0, f"status 200, {count} requests counted"

    check = _timed("metrics", "metrics", "status 200, requests counted", ask)
    return Scrape(check, running_metrics.series(text))


def infer(place: Place) -> Comparison:
    """Send an inference request in JSON: POST /v2/models/Linear/infer."""
    inputs = reference.rows(4, seed=4)
    body = {
        "inputs": [{"name": "INPUT_1", "shape": [len(inputs), 2], "datatype": "FP32", "data": inputs}]
    }
    began = time.monotonic()
    try:
        status, answer = post_json(Address(*place), _INFER, json.dumps(body), _SECONDS)
        if status != 200:
            body_text = answer.decode("utf-8", "replace")[:300]
            return compared(
                "infer-http", "raw HTTP", inputs, None, f"status {status}: {body_text}", began
            )
        (output,) = json.loads(answer)["outputs"]
        flat, width = output["data"], output["shape"][-1]
        got = [flat[start : start + width] for start in range(0, len(flat), width)]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as failure:
        return compared(
            "infer-http", "raw HTTP", inputs, None, f"{type(failure).__name__}: {failure}", began
        )
    return compared("infer-http", "raw HTTP", inputs, got, "", began)


def compared(
    id: str,
    name: str,
    inputs: Sequence[Sequence[float]],
    got: Any,
    problem: str,
    began: float,
    seconds: Optional[float] = None,
) -> Comparison:
    """Compare an answer of Linear with the reference."""
    took = round(time.monotonic() - began if seconds is None else seconds, 3)
    expected = reference.linear(inputs)
    wanted = f"{len(inputs)} rows of 3 numbers, the first {expected[0]}"
    if problem:
        return Comparison(name, False, wanted, problem, reference.TOLERANCE, None, took, id)
    worst = reference.difference(got, expected)
    passed = worst <= reference.TOLERANCE
    first = got[0] if isinstance(got, list) and got else got
    rows = len(got) if isinstance(got, list) else 0
    width = len(first) if isinstance(first, list) else 0
    shown = f"{rows} rows of {width} numbers, the first {str(first)[:80]}"
    finite = worst if worst != float("inf") else None
    return Comparison(name, passed, wanted, shown, reference.TOLERANCE, finite, took, id)
