"""The shape of a race and of its result: the contract `tritondoctor.tune/1`."""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

SCHEMA = "tritondoctor.tune/1"
#: of which rounds no winner is claimed
MOST_NOISE = 0.25
#: two measurements of one thing differ by that much even where the rounds agree by chance
LEAST_NOISE = 0.02

#: why no configuration is recommended
Reason = Literal["", "noise", "budget", "none-measured", "too-few-rounds"]


class RacePart(msgspec.Struct, frozen=True):
    """Base of every piece of a race and its result."""


class Contender(RacePart, frozen=True):
    """What is tuned; `threads` of the framework is None where it was left alone."""

    max_batch_size: int
    delay_us: int
    instances: int
    threads: Optional[int] = None

    @property
    def simplicity(self) -> tuple[int, int, int, int]:
        """Sorts the simplest first: fewest instances, smallest batch, no delay, fewest threads."""
        return self.instances, self.max_batch_size, self.delay_us, self.threads or 0

    @property
    def name(self) -> str:
        """As it is shown: `batch 8, delay 2 ms, 2 instances` in short."""
        threads = "" if self.threads is None else f"/{self.threads}"
        return f"{self.max_batch_size}/{self.delay_us}/{self.instances}{threads}"


#: ModelConfig() and one function (pytriton/model_config/model_config.py)
DEFAULT = Contender(4, 0, 1)


class Spending(RacePart, frozen=True):
    """Where the time of a mean request went, in ms: its wait for a call; the function; PyTriton's own
    part of the call (the stub, the way to this process and back); the rest of what the client waited for.

    `rows_per_call` is what the batcher made of the requests.
    """

    queue: float
    function: float
    pytriton: float
    transport: float
    rows_per_call: float


class LoadFigures(RacePart, frozen=True):
    """A configuration under the load of `clients`: requests a second, percentiles of latency in ms."""

    clients: int
    requests_per_second: float
    p50: float
    p95: float
    p99: float
    spending: Optional[Spending] = None
    generator_cpu: float = 0.0


class Round(RacePart, frozen=True):
    """What was measured of a configuration in one round, each load once; `seconds` of each window."""

    number: int
    seconds: float
    loads: tuple[LoadFigures, ...]

    def at(self, clients: int) -> Optional[LoadFigures]:
        """The figures with so many clients; None where they were not measured."""
        return next((load for load in self.loads if load.clients == clients), None)


class ContenderFigures(RacePart, frozen=True):
    """Medians over the rounds, at the number of clients where it serves most (within the budget).

    `loads` has every number of clients.  `meets_budget` is None where there is none.
    """

    max_batch_size: int
    delay_us: int
    instances: int
    threads: Optional[int]
    requests_per_second: float
    p50: float
    p95: float
    p99: float
    rounds: int
    clients: int
    meets_budget: Optional[bool]
    spending: Optional[Spending]
    loads: tuple[LoadFigures, ...]

    @property
    def configuration(self) -> Contender:
        """The configuration alone."""
        return Contender(self.max_batch_size, self.delay_us, self.instances, self.threads)


class FailedContender(RacePart, frozen=True):
    """A configuration that died, and how; it counts no more."""

    max_batch_size: int
    delay_us: int
    instances: int
    threads: Optional[int]
    problem: str


class OpenLoop(RacePart, frozen=True):
    """A configuration at a rate of arrivals that does not wait for answers.

    Latencies count from when each request was due; `requests_per_second` is what was answered.
    """

    configuration: Contender
    rate: float
    requests_per_second: float
    p50: float
    p95: float
    p99: float


class MachineLoad(RacePart, frozen=True):
    """The machine meanwhile: its cores, the load average of the last minute, before and after; which part
    of its cores' time was used, by everybody and by others than this race (0 to 1); the most processor
    time that the load generator took, in cores.
    """

    cores: int
    load_before: float
    load_after: float
    busy: float
    others: float
    generator_cpu: float


class TuneResult(RacePart, frozen=True):
    """What a race has shown; `recommended` is None where none is claimed, and `reason` says why.

    `left_out`: how many configurations there was no time for.
    """

    file: str
    function: str
    protocol: str
    generator: str
    clients: tuple[int, ...]
    budget_ms: Optional[float]
    configurations: tuple[ContenderFigures, ...]
    failed: tuple[FailedContender, ...]
    default: Optional[ContenderFigures]
    recommended: Optional[ContenderFigures]
    nearest: Optional[ContenderFigures]
    equal: tuple[ContenderFigures, ...]
    reason: Reason
    noise: float
    gain: Optional[float]
    open_loop: tuple[OpenLoop, ...]
    left_out: int
    surroundings: MachineLoad
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 with a recommendation, 1 where none is claimed."""
        return int(self.recommended is None)
