"""The shape of a self-test's result."""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

from tritondoctor.checks import Finding


class Part(msgspec.Struct, frozen=True):
    """Base of every piece of a result."""


class Phase(Part, frozen=True):
    """A step of the test, and the seconds it took."""

    name: str
    seconds: float
    passed: bool = True


class Comparison(Part, frozen=True):
    """A request: the expected and the actual answer; `worst` is the largest difference of a number.

    `skipped`: the release cannot do it, and `got` says why.
    """

    name: str
    passed: bool
    expected: str
    got: str
    tolerance: Optional[float] = None
    worst: Optional[float] = None
    seconds: float = 0.0
    id: str = ""
    skipped: bool = False


Strength = Literal["strong", "weak", "none"]


class Proof(Part, frozen=True):
    """Evidence that the GPU did the work; `how` describes it, memory is in MiB.

    `strength`: strong if NVML lists the process, weak if the card's memory in use grew, none if NVML
    shows neither.  The result was on the card in any case.
    """

    result_device: str
    strength: Strength
    how: str
    driver: Optional[str] = None
    process_mib: Optional[int] = None
    grown_mib: Optional[int] = None
    used_mib: Optional[int] = None
    processes: Optional[int] = None


class Device(Part, frozen=True):
    """The device that computed (`cpu` or `cuda`), with which library and why; no `proof` on the CPU."""

    kind: str
    library: str
    why: str = ""
    name: str = ""
    uuid: str = ""
    compute_capability: str = ""
    memory_mib: int = 0
    proof: Optional[Proof] = None


class Load(Part, frozen=True):
    """A measurement of one model under the load of `clients`; times in milliseconds."""

    model: str
    batching: bool
    instances: int
    clients: int
    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    batches: dict[int, int] = {}

    @property
    def mean_batch(self) -> float:
        """Rows per call of the model."""
        calls = sum(self.batches.values())
        return sum(size * count for size, count in self.batches.items()) / calls if calls else 0.0


class Bench(Part, frozen=True):
    """Measurements under load; `ratio` is throughput with dynamic batching over that without.

    `cores` of the machine, its load average at the end; `generator_cpu`: the most processor time that
    the load generator took, in cores; `call_ms`: a call of the model alone, with one row.
    """

    what: str
    seconds_each: float
    loads: tuple[Load, ...]
    ratio: float
    cores: int = 0
    load_average: float = 0.0
    generator_cpu: float = 0.0
    call_ms: float = 0.0


class StreamTime(Part, frozen=True):
    """When the first and the last part of a stream arrived, in milliseconds after the request."""

    first_ms: float
    all_ms: float


class Streaming(Part, frozen=True):
    """How PyTriton streams; `ratio` is the time of two streams side by side over that of one.

    `made_for_nobody`: parts that were made for a client that had left after three of 16.
    `refusal` says why this release does not stream, or "".
    """

    grpc: Optional[StreamTime] = None
    http: Optional[StreamTime] = None
    ratio: Optional[float] = None
    made_for_nobody: Optional[int] = None
    refusal: str = ""


class EnsembleTime(Part, frozen=True):
    """Median times, in milliseconds, of an ensemble of two models and of two requests by the client.

    `numbers_between`: float32 numbers a row that pass from the first model to the second.
    """

    numbers_between: int
    ensemble_ms: float
    requests_ms: float


class LanguageModel(Part, frozen=True):
    """A language model that streamed `text`: seconds to load it, milliseconds to the first piece."""

    name: str
    device: str
    load_seconds: float
    first_ms: float
    pieces_per_second: float
    text: str


class SelfTest(Part, frozen=True):
    """Whether a real PyTriton served Linear in the target; `findings` say why not, the cause first.

    `series`: the names of Triton's series at the metrics endpoint, which Prometheus would scrape.
    """

    passed: bool
    device: Optional[Device]
    phases: tuple[Phase, ...]
    checks: tuple[Comparison, ...]
    findings: tuple[Finding, ...] = ()
    bench: Optional[Bench] = None
    series: tuple[str, ...] = ()
    streaming: Optional[Streaming] = None
    ensemble: tuple[EnsembleTime, ...] = ()
    language_model: Optional[LanguageModel] = None
    log_tail: tuple[str, ...] = ()
    left_behind: tuple[str, ...] = ()
    seconds: float = 0.0

    def exit_code(self) -> int:
        """0 if it passed, else 1."""
        return int(not self.passed)
