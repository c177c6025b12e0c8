"""How long each window of a race is, so that all of it fits into three minutes.  Pure."""

from __future__ import annotations

from typing import NamedTuple

#: the whole race with its start and its end, where nothing else is asked for
SECONDS = 160.0
#: what the end takes
END_S = 6.0
#: after that part of the time no new configuration is bound; but for so many
BIND_UNTIL, LEAST_FIELD = 0.36, 5
#: between two windows: threads, metrics, the last answers
OVERHEAD_S = 0.15
LEADERS, NEIGHBOURS, FINALISTS = 4, 3, 6
#: the last step; its first rounds have every number of clients, later ones those that decide
LAST, WHOLE_ROUNDS = 3, 2
#: rounds of the last step: planned, and the most where nothing is clear before
LAST_ROUNDS, MOST_LAST_ROUNDS = 8, 40
_SHORTEST_S, _LONGEST_S = 0.3, 0.6


class RaceStep(NamedTuple):
    """So many rounds, `windows` in all, each of `weight` units of the plan."""

    rounds: int
    windows: int
    weight: float


class RacePlan(NamedTuple):
    """The steps of a race, and the seconds that a window of weight 1 lasts."""

    steps: tuple[RaceStep, ...]
    unit: float

    def window(self, step: int) -> float:
        """The seconds of a window in a step."""
        return round(self.steps[step].weight * self.unit, 3)


def of(field: int, early_loads: int, loads: int, seconds: float) -> RacePlan:
    """The plan for so many configurations: all of them, the better half, the leaders with new ones around
    the first of them, the finalists.

    A configuration is measured with `early_loads` numbers of clients in its first round, with all `loads`
    at the start of the last step, and otherwise with one.  `seconds` is the time for measuring alone.
    The default is measured in every round.
    """
    half, last = -(-field // 2) + 1, min(field, FINALISTS) + 1
    steps = (
        RaceStep(2, field * (early_loads + 1), 0.7),
        RaceStep(2, half * 2, 0.7),
        RaceStep(2, (min(field, LEADERS) + 1) * 2 + NEIGHBOURS * (early_loads + 1), 0.7),
        RaceStep(LAST_ROUNDS, last * (WHOLE_ROUNDS * loads + LAST_ROUNDS - WHOLE_ROUNDS), 1.0),
    )
    overhead = sum(step.windows * OVERHEAD_S for step in steps)
    weights = sum(step.windows * step.weight for step in steps)
    return RacePlan(steps, min(_LONGEST_S, max(_SHORTEST_S, (seconds - overhead) / weights)))
