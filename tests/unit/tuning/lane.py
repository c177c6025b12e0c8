"""A track without a server: throughputs and latencies from a formula, time that passes by itself."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from tritondoctor.tuning.measure import Died
from tritondoctor.tuning.model import Contender, LoadFigures

#: requests a second of a configuration with so many clients
Formula = Callable[[Contender, int], float]


class PaperLane:
    """Measures by a formula, with normal noise; `deaths` die at their n-th measurement.

    In so many windows (`hiccups`, a fraction) something else has the machine for a moment, which only the
    slowest answers show.
    """

    def __init__(
        self,
        formula: Formula,
        noise: float = 0.0,
        *,
        seed: int = 1,
        window_s: float = 0.0,
        hiccups: float = 0.0,
    ) -> None:
        self.hiccups = hiccups
        self.formula, self.noise, self.window_s = formula, noise, window_s
        self.over = False
        self.chance = random.Random(seed)
        self.deaths: dict[Contender, int] = {}
        self.unbindable: set[Contender] = set()
        self.measured: list[Contender] = []
        self.seconds = 5.0

    def elapsed(self) -> float:
        return self.seconds

    def bind(self, configuration: Contender) -> str:
        self.seconds += 1.5
        return "ValueError: no" if configuration in self.unbindable else ""

    def measure(
        self, configuration: Contender, clients: Sequence[int], seconds: float, *, spending: bool
    ) -> list[LoadFigures]:
        self.measured.append(configuration)
        if self.measured.count(configuration) == self.deaths.get(configuration, 0):
            raise Died("ValueError: died")
        self.seconds += len(clients) * (seconds + 0.1 + self.window_s)
        return [self._load(configuration, number) for number in clients]

    def _load(self, configuration: Contender, clients: int) -> LoadFigures:
        rate = self.formula(configuration, clients) * max(0.05, self.chance.gauss(1, self.noise))
        latency = 1000 * clients / rate
        slowest = 4.0 if self.chance.random() < self.hiccups else 1.0
        return LoadFigures(clients, rate, latency, latency * 1.2 * slowest, latency * 1.4 * slowest)


def fixed_cost(configuration: Contender, clients: int) -> float:
    """10 ms a call, whatever its rows; instances run side by side."""
    rows = min(clients / configuration.instances, configuration.max_batch_size)
    return 100 * max(1.0, rows) * min(configuration.instances, clients)


def gentle(configuration: Contender, clients: int) -> float:
    """Half the batch serves 6 % less, and so does one instance of two."""
    halvings = math.log2(64 / configuration.max_batch_size)
    return 1000 * math.pow(0.94, halvings + (configuration.instances == 1))


def cost_a_row(configuration: Contender, clients: int) -> float:
    """2 ms a row; nothing helps."""
    return 500.0


def one_lock(configuration: Contender, clients: int) -> float:
    """10 ms a call under a lock; instances only cost."""
    rows = max(1.0, min(clients, configuration.max_batch_size))
    return 100 * rows * 0.97 ** (configuration.instances - 1)
