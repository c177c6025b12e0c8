"""The one reader of tritonserver's metrics: the Prometheus text of /metrics as counters of models.

Names and units: docs/user_guide/metrics.md of triton-inference-server/server.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Optional

import msgspec

from tritondoctor.running.http import Address, NoReply, get

PATH = "/metrics"
#: of which counters are kept; a real server has a few dozen
_MOST_MODELS = 1000
#: a sample: name, labels in braces or none, value (exposition format 0.0.4)
_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
_COUNTERS = {
    "nv_inference_request_success": "requests",
    "nv_inference_count": "rows",
    "nv_inference_exec_count": "calls",
    "nv_inference_request_duration_us": "request_us",
    "nv_inference_queue_duration_us": "queue_us",
    "nv_inference_compute_input_duration_us": "input_us",
    "nv_inference_compute_infer_duration_us": "compute_us",
    "nv_inference_compute_output_duration_us": "output_us",
    "nv_inference_pending_request_count": "pending",
}
_FAILURE = "nv_inference_request_failure"
_GAUGES = {
    "nv_gpu_utilization": "busy",
    "nv_gpu_memory_used_bytes": "memory_used",
    "nv_gpu_memory_total_bytes": "memory_total",
}


class ModelCounters(msgspec.Struct, frozen=True):
    """A model's counters since the server loaded it.

    `requests` were answered, `calls` of the model have ended with `rows` rows in all; `failures` by
    reason ("" where the server gives none).  Durations are sums over the requests, in microseconds:
    of the whole request, its wait in the queue, and the three parts of its call.  `pending` requests
    wait now for a call to begin, those of a call that runs not among them; None: this server does not
    say.
    """

    name: str
    version: str
    requests: int = 0
    rows: int = 0
    calls: int = 0
    request_us: int = 0
    queue_us: int = 0
    input_us: int = 0
    compute_us: int = 0
    output_us: int = 0
    pending: Optional[int] = None
    failures: dict[str, int] = {}

    @property
    def failed(self) -> int:
        """Requests that ended with an error, for whatever reason."""
        return sum(self.failures.values())

    @property
    def failed_in_model(self) -> int:
        """Those of them that the model answered with an error, or its stub not at all."""
        return self.failures.get("BACKEND", 0)


class GpuGauges(msgspec.Struct, frozen=True):
    """A GPU as tritonserver's DCGM sees it: what part of the time it was busy (0 to 1), memory in bytes.

    None where it does not say.
    """

    uuid: str
    busy: Optional[float] = None
    memory_used: Optional[float] = None
    memory_total: Optional[float] = None


class Metrics(msgspec.Struct, frozen=True):
    """What the server counts; a model with several GPUs is summed up (a series each, label gpu_uuid)."""

    models: tuple[ModelCounters, ...] = ()
    gpus: tuple[GpuGauges, ...] = ()

    def model(self, name: str, version: Optional[str] = None) -> Optional[ModelCounters]:
        """The counters of a model, of the first version that is listed where none is named."""
        matching = (model for model in self.models if model.name == name)
        return next((model for model in matching if version in (None, model.version)), None)


def fetch(address: Address, deadline_s: float) -> Metrics:
    """Read /metrics of a server.  Raises NoReply: none in time, or one that is no metrics."""
    return parse(read(address, deadline_s))


def read(address: Address, deadline_s: float) -> str:
    """Read the text, as Prometheus scrapes it.  Raises NoReply."""
    answer = get(address, PATH, deadline_s)
    if answer.status != 200:
        raise NoReply(f"{address}{PATH}: status {answer.status}")
    return answer.body.decode("utf-8", "replace")


def series(text: str) -> tuple[str, ...]:
    """The names of Triton's series that have a sample, in their order."""
    found = (_SAMPLE.fullmatch(line) for line in text.split("\n") if line.startswith("nv_"))
    return tuple(dict.fromkeys(match[1] for match in found if match))


def parse(text: str) -> Metrics:
    """Read the text; lines that are no samples of a model or a GPU are passed over."""
    models: dict[tuple[str, str], dict[str, Any]] = {}
    gpus: dict[str, dict[str, float]] = {}
    for name, labels, number in _samples(text):
        if name in _GAUGES:
            gpus.setdefault(labels.get("gpu_uuid", ""), {})[_GAUGES[name]] = number
        elif labels.get("model"):
            key = (labels["model"], labels.get("version", ""))
            if key not in models and len(models) == _MOST_MODELS:
                continue
            counts = models.setdefault(key, {"failures": {}})
            if name in _COUNTERS:
                _add(counts, _COUNTERS[name], int(number))
            elif name == _FAILURE:
                _add(counts["failures"], labels.get("reason", ""), int(number))
    return Metrics(
        tuple(ModelCounters(*key, **counts) for key, counts in models.items()),
        tuple(GpuGauges(uuid, **gauges) for uuid, gauges in gpus.items()),
    )


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Name, labels and finite value of each sample of a model or a GPU."""
    for line in text.split("\n"):
        found = _SAMPLE.fullmatch(line) if line.startswith(("nv_inference_", "nv_gpu_")) else None
        number = _finite(found[3]) if found else None
        if found and number is not None and found[2]:
            yield found[1], {name: _unescaped(value) for name, value in _LABEL.findall(found[2])}, number


def _finite(text: str) -> Optional[float]:
    """A value; NaN and +Inf are values too, and none that counts.  Above six digits it may be 1.5e+06."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _unescaped(value: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), value)


def _add(counts: dict[str, int], name: str, number: int) -> None:
    counts[name] = counts.get(name, 0) + number
