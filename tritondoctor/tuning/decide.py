"""Who stays in the race, and what is recommended.  Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple, Optional

from tritondoctor.tuning.model import LEAST_NOISE, MOST_NOISE, Contender, ContenderFigures, Reason

#: of those that may still be equal to the leader the simplest stays
_MAY_BE_EQUAL = 0.15
#: a difference of so many times what chance makes is a real one
_SURELY = 3.0
#: fewer say nothing of the noise
LEAST_ROUNDS = 3


class Decision(NamedTuple):
    """The recommended configuration or why there is none, those equal to the best, and the nearest to a
    budget that none meets.
    """

    recommended: Optional[ContenderFigures]
    equal: tuple[ContenderFigures, ...]
    reason: Reason = ""
    nearest: Optional[ContenderFigures] = None


def score(measured: ContenderFigures) -> float:
    """Sorts those that meet the budget before those that do not, and the latter by their latency."""
    if measured.meets_budget is False:
        return -measured.p95
    return measured.requests_per_second


def survivors(field: Sequence[ContenderFigures], keep: int) -> list[ContenderFigures]:
    """The `keep` best of the field, best first; the simplest of those that may be equal among them."""
    ranked = sorted(field, key=score, reverse=True)
    kept = ranked[:keep]
    simplest = _simplest(near(ranked, _MAY_BE_EQUAL))
    if simplest is not None and simplest not in kept:
        kept[-1] = simplest
    return kept


def near(
    field: Sequence[ContenderFigures], part: float, ends: Optional[Collection[Contender]] = None
) -> list[ContenderFigures]:
    """Those whose throughput is at most `part` below the best one's; none misses the budget.

    The best is one of `ends`, which were measured to the end; None: any.
    """
    fit = [measured for measured in field if measured.meets_budget is not False]
    rates = (
        contender.requests_per_second
        for contender in fit
        if ends is None or contender.configuration in ends
    )
    most = max(rates, default=0.0)
    return [measured for measured in fit if most and measured.requests_per_second >= (1 - part) * most]


def in_doubt(
    field: Sequence[ContenderFigures], noise: float, rounds: int, budget_ms: Optional[float]
) -> list[ContenderFigures]:
    """Those that more rounds may still show to be equal to the best, or to be in the budget."""
    fit = [
        measured
        for measured in field
        if measured.meets_budget is not False or (budget_ms is not None and measured.p95 <= budget_ms)
    ]
    most = max((measured.requests_per_second for measured in fit), default=0.0)
    least = (1 - _SURELY * by_chance(noise, rounds)) * most
    return [measured for measured in fit if measured.requests_per_second >= least] or list(field)


def by_chance(noise: float, rounds: int) -> float:
    """How far apart two equal configurations lie by chance: the standard error of the difference of two
    means of so many rounds, of which each one deviates by `noise`.
    """
    return max(LEAST_NOISE, noise * math.sqrt(2 / max(rounds, 2)))


def _simplest(field: Sequence[ContenderFigures]) -> Optional[ContenderFigures]:
    return min(field, key=lambda measured: measured.configuration.simplicity, default=None)


def decide(
    field: Sequence[ContenderFigures],
    noise: float,
    rounds: int,
    ends: Optional[Collection[Contender]] = None,
) -> Decision:
    """Return what follows from the figures.

    `rounds` is how often `ends` were measured, who raced to the end; only they are recommended.
    """
    if not field:
        return Decision(None, (), "none-measured")
    close = near(field, by_chance(noise, rounds), ends)
    equal = tuple(sorted(close, key=lambda measured: measured.configuration.simplicity))
    if not equal:
        return Decision(None, (), "budget", min(field, key=lambda measured: measured.p95))
    if noise > MOST_NOISE:
        return Decision(None, equal, "noise")
    if rounds < LEAST_ROUNDS:
        return Decision(None, equal, "too-few-rounds")
    return Decision(
        next(contender for contender in equal if ends is None or contender.configuration in ends), equal
    )


def gain(recommended: Optional[ContenderFigures], default: Optional[ContenderFigures]) -> Optional[float]:
    """The throughput over that of the default; None without both."""
    if recommended is None or default is None or not default.requests_per_second:
        return None
    return round(recommended.requests_per_second / default.requests_per_second, 3)
