"""Rounds as figures: medians, the number of clients that counts, the noise.  Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import mean, median, pstdev
from typing import Optional

from tritondoctor.selftest.generator import quantile
from tritondoctor.tuning.model import (
    LEAST_NOISE,
    Contender,
    ContenderFigures,
    LoadFigures,
    Round,
    Spending,
)

#: in three of four rounds the p95 must be in the budget
_ROUNDS_IN_BUDGET = 0.75
#: a p95 that near to the budget may be on its other side in the next round
_NEAR_THE_BUDGET = 0.25


def figures(
    configuration: Contender, rounds: Sequence[Round], budget_ms: Optional[float]
) -> ContenderFigures:
    """A configuration's figures, of its rounds with the longest windows."""
    counted = longest(rounds)
    clients = sorted({load.clients for round_ in counted for load in round_.loads})
    loads = tuple(_medians(number, [round_.at(number) for round_ in counted]) for number in clients)
    within = [load for load in loads if budget_ms is None or _meets(counted, load.clients, budget_ms)]
    if within:
        best = max(_often(within, counted), key=lambda load: load.requests_per_second)
    else:
        best = min(loads, key=lambda load: load.p95)
    return ContenderFigures(
        configuration.max_batch_size,
        configuration.delay_us,
        configuration.instances,
        configuration.threads,
        best.requests_per_second,
        best.p50,
        best.p95,
        best.p99,
        len(rounds),
        best.clients,
        None if budget_ms is None else bool(within),
        best.spending,
        loads,
    )


def _often(loads: Sequence[LoadFigures], rounds: Sequence[Round]) -> list[LoadFigures]:
    """Those of which the median is of many rounds: the largest of few is large by chance."""
    counts = {
        load.clients: sum(round_.at(load.clients) is not None for round_ in rounds) for load in loads
    }
    return [load for load in loads if 2 * counts[load.clients] >= max(counts.values())]


def deciding(measured: ContenderFigures, budget_ms: Optional[float]) -> tuple[int, ...]:
    """The numbers of clients that its throughput depends on: where it serves most, and those that may
    take that place because the budget is near.
    """
    if budget_ms is None:
        return (measured.clients,)
    numbers = {measured.clients}
    for load in measured.loads:
        more = load.requests_per_second > measured.requests_per_second
        if more and load.p95 <= (1 + _NEAR_THE_BUDGET) * budget_ms:
            numbers.add(load.clients)
    if measured.p95 > (1 - _NEAR_THE_BUDGET) * budget_ms:
        numbers.update(load.clients for load in measured.loads if load.clients < measured.clients)
    return tuple(sorted(numbers))


def longest(rounds: Sequence[Round]) -> list[Round]:
    """The rounds with the longest windows: the last ones of a race that went on."""
    most = max(round_.seconds for round_ in rounds)
    return [round_ for round_ in rounds if round_.seconds >= most]


def _medians(clients: int, measured: Iterable[Optional[LoadFigures]]) -> LoadFigures:
    loads = [load for load in measured if load is not None]
    spendings = [load.spending for load in loads if load.spending is not None]
    return LoadFigures(
        clients,
        _median((load.requests_per_second for load in loads), 1),
        _median((load.p50 for load in loads), 2),
        _median((load.p95 for load in loads), 2),
        _median((load.p99 for load in loads), 2),
        _median_spending(spendings) if spendings else None,
        max(load.generator_cpu for load in loads),
    )


def _median(values: Iterable[float], digits: int) -> float:
    return round(median(values), digits)


def _median_spending(spendings: Sequence[Spending]) -> Spending:
    names = Spending.__struct_fields__
    return Spending(*(_median((getattr(spending, name) for spending in spendings), 3) for name in names))


def _meets(rounds: Sequence[Round], clients: int, budget_ms: float) -> bool:
    loads = [load for round_ in rounds if (load := round_.at(clients)) is not None]
    return quantile(sorted(load.p95 for load in loads), _ROUNDS_IN_BUDGET) <= budget_ms


def noise(rounds_of: Iterable[tuple[ContenderFigures, Sequence[Round]]]) -> float:
    """How much the rounds of one configuration differ: the standard deviation over the mean of its
    throughput, as the root mean square over the configurations; 0.02 at least.
    """
    variations = [
        variation
        for measured, rounds in rounds_of
        if (variation := _variation(longest(rounds), measured.clients)) is not None
    ]
    together = math.sqrt(mean(variation * variation for variation in variations)) if variations else 0.0
    return round(max(LEAST_NOISE, together), 3)


def _variation(rounds: Sequence[Round], clients: int) -> Optional[float]:
    """None of a single round."""
    rates = [load.requests_per_second for round_ in rounds if (load := round_.at(clients)) is not None]
    if len(rates) < 2 or not mean(rates):
        return None
    return pstdev(rates) / mean(rates) * math.sqrt(len(rates) / (len(rates) - 1))


def in_the_same_minutes(
    early: ContenderFigures,
    its_rounds: Sequence[Round],
    finalists: Iterable[tuple[ContenderFigures, Sequence[Round]]],
) -> ContenderFigures:
    """A configuration that was dropped early, its throughput as it would be in the last rounds.

    What changed for the finalists between those rounds and the last ones changed for it, too.
    """
    numbers = {round_.number for round_ in its_rounds}
    factors = []
    for final, rounds in finalists:
        then = [
            load.requests_per_second
            for round_ in rounds
            if round_.number in numbers and (load := round_.at(final.clients)) is not None
        ]
        if then and median(then):
            factors.append(final.requests_per_second / median(then))
    if not factors:
        return early
    from msgspec.structs import replace

    return replace(early, requests_per_second=round(early.requests_per_second * median(factors), 1))
