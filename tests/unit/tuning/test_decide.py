"""Medians, noise, ties: pure functions of the race."""

from __future__ import annotations

import pytest

from tritondoctor.tuning import decide, figures, grid, plan
from tritondoctor.tuning.model import (
    DEFAULT,
    Contender,
    ContenderFigures,
    LoadFigures,
    Round,
)


def _measured(
    batch: int, delay: int, instances: int, rate: float, *, meets: bool | None = None, p95: float = 10
) -> ContenderFigures:
    return ContenderFigures(batch, delay, instances, None, rate, 5, p95, 20, 5, 32, meets, None, ())


def _round(number: int, *rates: float, seconds: float = 1.0, p95: float = 10.0) -> Round:
    loads = (LoadFigures(clients, rate, 5, p95, 20) for clients, rate in zip((8, 32), rates))
    return Round(number, seconds, tuple(loads))


def test_simplest_first_instances_then_batch_then_delay() -> None:
    field = [
        _measured(8, 0, 2, 100), _measured(64, 0, 1, 100), _measured(8, 2000, 1, 100),
        _measured(8, 0, 1, 99), _measured(4, 0, 1, 90),
    ]  # fmt: skip
    decision = decide.decide(field, 0.05, 5)
    assert decision.recommended == field[3]
    assert list(decision.equal) == [field[3], field[2], field[1], field[0]]


def test_equal_is_what_the_noise_says() -> None:
    field = [_measured(64, 0, 1, 100), _measured(8, 0, 1, 92), _measured(1, 0, 1, 80)]
    assert decide.decide(field, 0.02, 5).recommended == field[0]
    assert decide.decide(field, 0.10, 3).recommended == field[1]
    assert decide.decide(field, 0.10, 9).recommended == field[0]  # more rounds tell more
    assert decide.decide(field, 0.25, 3).recommended == field[2]
    declined = decide.decide(field, 0.26, 5)
    assert (declined.recommended, declined.reason) == (None, "noise")


def test_too_few_rounds_claim_nothing() -> None:
    decision = decide.decide([_measured(8, 0, 1, 10)], 0.02, 2)
    assert (decision.recommended, decision.reason) == (None, "too-few-rounds")


def test_the_simplest_of_the_leaders_survives() -> None:
    field = [_measured(64, 2000, 2, 100 + n) for n in range(4)] + [_measured(8, 0, 1, 95)]
    kept = decide.survivors(field, 4)
    assert field[4] in kept
    assert kept[0] == field[3]
    assert _measured(1, 0, 1, 50) not in decide.survivors([*field, _measured(1, 0, 1, 50)], 4)


def test_in_doubt_is_what_chance_may_have_done() -> None:
    field = [_measured(64, 0, 1, 100), _measured(8, 0, 1, 92), _measured(1, 0, 1, 80)]
    assert decide.in_doubt(field, 0.10, 3, None) == field
    assert decide.in_doubt(field, 0.10, 18, None) == field[:2]
    assert decide.in_doubt(field, 0.02, 18, None) == field[:1]


def test_who_may_meet_the_budget_is_in_doubt() -> None:
    meets, may, misses = (
        _measured(64, 0, 1, 100, meets=True, p95=30), _measured(32, 0, 1, 110, meets=False, p95=48),
        _measured(16, 0, 1, 120, meets=False, p95=70),
    )  # fmt: skip
    assert decide.in_doubt([meets, may, misses], 0.05, 5, 50) == [meets, may]
    assert decide.in_doubt([misses], 0.05, 5, 50) == [misses]  # the nearest


def test_the_clients_that_decide() -> None:
    found = figures.figures(DEFAULT, [_round(1, 100, 200)], None)
    assert figures.deciding(found, None) == (32,)
    assert figures.deciding(figures.figures(DEFAULT, [_round(1, 100, 200, p95=10)], 50), 50) == (32,)
    assert figures.deciding(figures.figures(DEFAULT, [_round(1, 100, 200, p95=45)], 50), 50) == (8, 32)
    far = LoadFigures(32, 200, 5, 90, 95)
    near = LoadFigures(32, 200, 5, 60, 65)
    few = LoadFigures(8, 100, 5, 20, 25)
    for many, numbers in ((far, (8,)), (near, (8, 32))):
        found = figures.figures(DEFAULT, [Round(1, 1.0, (few, many))], 50)
        assert (found.clients, figures.deciding(found, 50)) == (8, numbers)


def test_a_number_of_clients_that_was_measured_seldom_does_not_count() -> None:
    few = [Round(n, 1.0, (LoadFigures(8, 120, 5, 9, 9), LoadFigures(32, 100, 5, 9, 9))) for n in (1, 2)]
    many = [Round(n, 1.0, (LoadFigures(32, 100, 5, 9, 9),)) for n in range(3, 9)]
    assert figures.figures(DEFAULT, few, None).clients == 8
    assert figures.figures(DEFAULT, [*few, *many], None).clients == 32


def test_who_misses_the_budget_comes_last() -> None:
    fast = _measured(64, 0, 1, 1000, meets=False, p95=90)
    slow = _measured(8, 0, 1, 10, meets=True)
    nearer = _measured(4, 0, 1, 5, meets=False, p95=60)
    assert sorted([fast, slow, nearer], key=decide.score, reverse=True) == [slow, nearer, fast]
    none = decide.decide([fast, nearer], 0.05, 5)
    assert (none.reason, none.nearest) == ("budget", nearer)


def test_gain() -> None:
    assert decide.gain(_measured(8, 0, 1, 300), _measured(4, 0, 1, 100)) == 3.0
    assert decide.gain(None, _measured(4, 0, 1, 100)) is None
    assert decide.gain(_measured(8, 0, 1, 300), None) is None


def test_figures_are_medians_of_the_longest_windows() -> None:
    rounds = [_round(1, 1, 1, seconds=0.5), _round(2, 10, 90), _round(3, 20, 100), _round(4, 30, 500)]
    found = figures.figures(DEFAULT, rounds, None)
    assert (found.requests_per_second, found.clients, found.rounds) == (100, 32, 4)
    assert [load.requests_per_second for load in found.loads] == [20, 100]
    assert found.meets_budget is None


def test_the_budget_holds_in_three_of_four_rounds() -> None:
    good, bad = _round(1, 10, 20, p95=40), _round(1, 10, 20, p95=60)
    assert figures.figures(DEFAULT, [good, good, good, bad], 50).meets_budget is True
    assert figures.figures(DEFAULT, [good, good, bad, bad], 50).meets_budget is False


def test_noise_is_that_of_the_rounds_of_one_configuration() -> None:
    steady = [_round(n, 1, 100) for n in range(4)]
    shaky = [_round(n, 1, rate) for n, rate in enumerate((50, 100, 150, 100))]
    one = figures.figures(DEFAULT, steady, None)
    assert figures.noise([(one, steady)]) == 0.02
    other = figures.figures(DEFAULT, shaky, None)
    assert figures.noise([(other, shaky)]) == pytest.approx(0.408, abs=0.001)
    assert figures.noise([]) == 0.02


def test_who_was_dropped_early_is_compared_in_the_same_minutes() -> None:
    """The machine became twice as fast after the second round."""
    dropped = [_round(1, 1, 50), _round(2, 1, 50)]
    winner = [_round(n, 1, 60 if n < 3 else 120) for n in range(1, 7)]
    late = [one for one in winner if one.number > 2]
    final = figures.figures(Contender(8, 0, 1), late, None)
    early = figures.figures(DEFAULT, dropped, None)
    found = figures.in_the_same_minutes(early, dropped, [(final, winner)])
    assert found.requests_per_second == 100
    assert figures.in_the_same_minutes(early, dropped, []) == early


def test_the_field_is_at_most_twelve_and_begins_with_the_default() -> None:
    for clients in ((1,), (1, 8, 32), (512,)):
        for most_instances in (1, 2, 4, 32):
            for threads in ((None,), (1, 2), (1, 2, 4, 8)):
                field = grid.first(clients, most_instances, threads)
                assert field[0] == DEFAULT
                assert len(field) == len(set(field)) <= grid.MOST
                assert all(one.instances <= most_instances for one in field)
                assert all(not one.delay_us for one in field if one.max_batch_size == 1)


def test_batches_fit_the_clients() -> None:
    assert grid.batch_sizes(32) == (1, 8, 32)
    assert grid.batch_sizes(8) == (1, 4, 8)
    assert grid.batch_sizes(1) == (1, 2)
    assert grid.instance_counts(1) == (1,)
    assert grid.instance_counts(6) == (1, 2, 4, 6)


def test_neighbours_are_new() -> None:
    field = grid.first((1, 8, 32), 2, (None,))
    around = grid.neighbours(Contender(8, 0, 1), field, 2)
    assert around == [Contender(16, 0, 1), Contender(8, 500, 1)]
    assert not set(around) & set(field)


def test_the_windows_fit_the_time() -> None:
    made = plan.of(11, 2, 3, 120)
    planned = sum(step.windows * (made.window(number) + plan.OVERHEAD_S)
                  for number, step in enumerate(made.steps))  # fmt: skip
    assert 60 < planned <= 120
    assert made.window(plan.LAST) == max(made.window(step) for step in range(len(made.steps)))
    assert plan.of(12, 3, 3, 1).window(0) > 0.2
