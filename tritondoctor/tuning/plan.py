"""How long each window of a race is, so that all of it fits into three minutes.  Pure."""

from __future__ import annotations

from typing import NamedTuple

#: the whole race with its start and its end
SECONDS = 170.0
#: what a start, the end and a binding take where nothing has been measured yet
START_S, END_S, BIND_S = 6.0, 6.0, 2.0
#: between two windows: threads, metrics, the last answers
OVERHEAD_S = 0.12
_SHORTEST_S, _LONGEST_S = 0.3, 1.5
FINALISTS = 4


class Step(NamedTuple):
    """So many configurations, each in so many rounds, with so many numbers of clients."""

    configurations: int
    rounds: int
    loads: int
    weight: float


class Plan(NamedTuple):
    """The steps of a race, and the seconds that a window of weight 1 lasts."""

    steps: tuple[Step, ...]
    unit: float

    def window(self, number: int) -> float:
        """The seconds of a window in a step."""
        return round(self.steps[number].weight * self.unit, 3)

    def left(self, number: int, done: int = 0) -> float:
        """The seconds from a step on, of which some windows are done."""
        steps = [_windows(step) * (step.weight * self.unit + OVERHEAD_S) for step in self.steps[number:]]
        passed = done * (self.steps[number].weight * self.unit + OVERHEAD_S) if steps else 0.0
        return max(0.0, sum(steps) - passed)


def of(field: int, early_loads: int, loads: int, neighbours: int, seconds: float) -> Plan:
    """The plan for so many configurations: halved twice, widened around the leader, then the finalists.

    `seconds` is the time for measuring alone.
    """
    half = max(FINALISTS, -(-field // 2)) + 1  # and the default beside them
    steps = (
        Step(field, 2, early_loads, 0.7),
        Step(min(field, half), 2, early_loads, 1.0),
        Step(min(field, FINALISTS) + 1 + neighbours, 2, early_loads, 1.0),
        Step(min(field, FINALISTS) + 1, 5, loads, 1.2),
    )
    overhead = sum(_windows(step) * OVERHEAD_S for step in steps)
    weights = sum(_windows(step) * step.weight for step in steps)
    unit = (seconds - overhead) / weights
    return Plan(steps, min(_LONGEST_S, max(_SHORTEST_S, unit)))


def _windows(step: Step) -> int:
    return step.configurations * step.rounds * step.loads
