"""How long each window of a race is, so that all of it fits into three minutes.  Pure."""

from __future__ import annotations

from typing import NamedTuple

#: the whole race with its start and its end, where nothing else is asked for
SECONDS = 160.0
#: what the end takes, and a binding where nothing has been measured yet
END_S, BIND_S = 6.0, 2.0
#: after that part of the time no new configuration is bound; but for so many
BIND_UNTIL, LEAST_FIELD = 0.36, 5
#: between two windows: threads, metrics, the last answers
OVERHEAD_S = 0.15
FINALISTS, NEIGHBOURS = 4, 3
#: rounds of the last step: planned, and the most while the machine is noisy and time is left
LAST_ROUNDS, MOST_LAST_ROUNDS = 5, 9
_SHORTEST_S, _LONGEST_S = 0.3, 1.5


class RaceStep(NamedTuple):
    """So many configurations, each in so many rounds, with so many numbers of clients.

    `weight`: how long its windows are, in units of the plan.
    """

    configurations: int
    rounds: int
    loads: int
    weight: float

    @property
    def windows(self) -> int:
        """How often something is measured."""
        return self.configurations * self.rounds * self.loads


class RacePlan(NamedTuple):
    """The steps of a race, and the seconds that a window of weight 1 lasts."""

    steps: tuple[RaceStep, ...]
    unit: float

    def window(self, step: int) -> float:
        """The seconds of a window in a step."""
        return round(self.steps[step].weight * self.unit, 3)

    def left(self, step: int, done: int = 0) -> float:
        """The seconds from a step on, of which some windows are done."""
        planned = sum(
            later.windows * (later.weight * self.unit + OVERHEAD_S) for later in self.steps[step:]
        )
        return max(0.0, planned - done * (self.window(step) + OVERHEAD_S))


def of(field: int, early_loads: int, loads: int, seconds: float) -> RacePlan:
    """The plan for so many configurations: halved twice, widened around the leader, then the finalists.

    `seconds` is the time for measuring alone.  The default runs beside all of them.
    """
    half = max(FINALISTS, -(-field // 2)) + 1
    last = min(field, FINALISTS) + 1
    steps = (
        RaceStep(field, 2, early_loads, 0.7),
        RaceStep(min(field, half), 2, early_loads, 1.0),
        RaceStep(last + NEIGHBOURS, 2, early_loads, 1.0),
        RaceStep(last, LAST_ROUNDS, loads, 1.2),
    )
    overhead = sum(step.windows * OVERHEAD_S for step in steps)
    weights = sum(step.windows * step.weight for step in steps)
    return RacePlan(steps, min(_LONGEST_S, max(_SHORTEST_S, (seconds - overhead) / weights)))
