"""How good recommendations are: `python -m tests.tuning --runs 10 --result FILE`; a run at a time.

After each race every configuration is measured in turn in the same server, and those that may be the
best in many more rounds: the exhaustive grid.  A run is good where the recommended configuration is equal
to the grid's best within the noise, and for the toys at 90 % of it at least.  Every other run has a
budget, which the recommended configuration has to meet in the grid as well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.selftest.boxed import named, place_of
from tests.truth import stock
from tests.truth.environments.frameworks import TORCH
from tests.tuning.race import TOYS
from tritondoctor.target import Target
from tritondoctor.tuning import decide, figures
from tritondoctor.tuning.measure import Died
from tritondoctor.tuning.model import DEFAULT, Contender, ContenderFigures, Round
from tritondoctor.tuning.race import Race
from tritondoctor.tuning.track import Track, Wishes

NAMES = ("fixed_cost", "cost_a_row", "one_lock", "torch_mlp")
#: the noise of a round decides what is equal, so the best of the medians must be surer than that
GRID_WINDOW_S, GRID_ROUNDS_OF_ALL, GRID_ROUNDS = 0.4, 3, 16
_MAY_BE_BEST = 0.2
CLIENTS = (1, 8, 32)
#: of every other run: some configurations miss it, or some numbers of clients
BUDGETS_MS = {"fixed_cost": 80.0, "cost_a_row": 50.0, "one_lock": 50.0, "torch_mlp": 100.0}


def main() -> None:
    """Make the runs that the result does not have yet."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10)
    options.add_argument("--toys", default=",".join(NAMES))
    options.add_argument("--seconds", type=float, default=160.0)
    options.add_argument("--most-load", type=float, default=4.0, help="wait while the load is above")
    options.add_argument("--result", type=Path, required=True)
    given = options.parse_args()
    runs = json.loads(given.result.read_text()) if given.result.exists() else []
    for _number in range(given.runs):
        for toy in given.toys.split(","):
            if sum(run["toy"] == toy for run in runs) <= _number:
                while os.getloadavg()[0] > given.most_load:
                    time.sleep(5)
                runs.append(run(toy, given.seconds, BUDGETS_MS[toy] if _number % 2 else None))
                print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
                given.result.write_text(json.dumps(runs, indent=1) + "\n")


def run(toy: str, seconds: float, budget_ms: float | None) -> dict[str, Any]:
    """A race and the grid after it."""
    with place_of(named("serves 3.11")) as place:
        if toy == "torch_mlp":
            place.start_from(stock.with_frameworks(place.name, (TORCH, "numpy<2")))
        target = Target(place.python, None, "the test", place.variables, str(place.cwd))
        wishes = Wishes(str(TOYS / f"{toy}.py"), "infer", seconds=seconds, clients=CLIENTS)
        track = Track(target, wishes, predicted=False)
        load = os.getloadavg()[0]
        try:
            track.start(DEFAULT)
            race = Race(track, CLIENTS, 2, budget_ms, lambda words, left: None, seconds)
            race.run((None,))
            took = track.elapsed()
            decision = race.decision()
            field = [measured.configuration for measured in race.all_figures(race.finalists)]
            grid = _grid(track, field, decision, budget_ms)
        finally:
            surroundings = track.close()
    return {"toy": toy, "budget_ms": budget_ms, "load": [load, os.getloadavg()[0]],
            "others": surroundings.others, "seconds": round(took, 1),
            "noise": race.noise(race.finalists), **_judged(decision, grid, budget_ms)}  # fmt: skip


def _grid(
    track: Track, field: list[Contender], decision: decide.Decision, budget_ms: float | None
) -> dict[Contender, list[Round]]:
    """Rounds of all of them, then of those that may be the best, with the clients that decide."""
    grid: dict[Contender, list[Round]] = {contender: [] for contender in field}
    first = CLIENTS[-1:] if budget_ms is None else CLIENTS[-2:]
    for number in range(GRID_ROUNDS_OF_ALL):
        for contender in field:
            _add(track, grid, contender, first, number)
    for number in range(GRID_ROUNDS_OF_ALL, GRID_ROUNDS):
        measured = _figures(grid, budget_ms)
        leaders = {leader.configuration for leader in decide.near(list(measured.values()), _MAY_BE_BEST)}
        if decision.recommended is not None:
            leaders.add(decision.recommended.configuration)
        for contender in leaders:
            _add(track, grid, contender, figures.deciding(measured[contender], budget_ms), number)
    return grid


def _add(
    track: Track,
    grid: dict[Contender, list[Round]],
    contender: Contender,
    clients: tuple[int, ...],
    number: int,
) -> None:
    with contextlib.suppress(Died):
        loads = track.measure(contender, clients, GRID_WINDOW_S, spending=False)
        grid[contender].append(Round(number, GRID_WINDOW_S, tuple(loads)))


def _figures(
    grid: dict[Contender, list[Round]], budget_ms: float | None
) -> dict[Contender, ContenderFigures]:
    return {
        contender: figures.figures(contender, rounds, budget_ms)
        for contender, rounds in grid.items()
        if rounds
    }


def _judged(
    decision: decide.Decision, grid: dict[Contender, list[Round]], budget_ms: float | None
) -> dict[str, Any]:
    measured = _figures(grid, budget_ms)
    noise = figures.noise((measured[contender], grid[contender]) for contender in measured)
    best = max(measured.values(), key=decide.score)
    judged = {"grid_noise": noise, "best": best.configuration.name, "reason": decision.reason,
              "recommended": None}  # fmt: skip
    if decision.recommended is None:
        return judged
    there = measured[decision.recommended.configuration]
    part = there.requests_per_second / best.requests_per_second
    return {**judged, "recommended": there.configuration.name, "part": round(part, 3), "p95": there.p95,
            "within_noise": part >= 1 - noise, "meets_budget": there.meets_budget}  # fmt: skip


if __name__ == "__main__":
    main()
