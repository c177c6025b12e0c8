"""How good recommendations are: `python -m tests.tuning --runs 10 --result FILE`; a run at a time.

After each race every configuration is measured in turn in the same server, in more rounds: the exhaustive
grid.  A run is good where the recommended configuration is equal to the grid's best within the noise, and
for the toys at 90 % of it at least.
"""

from __future__ import annotations

import argparse
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
GRID_ROUNDS, GRID_WINDOW_S = 5, 0.7
CLIENTS = (1, 8, 32)


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
                runs.append(one(toy, given.seconds))
                print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
                given.result.write_text(json.dumps(runs, indent=1) + "\n")


def one(toy: str, seconds: float) -> dict[str, Any]:
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
            race = Race(track, CLIENTS, 2, None, lambda words, left: None, seconds)
            race.run((None,))
            took = track.elapsed()
            decision = race.decision()
            grid = _grid(track, [one.configuration for one in race.all_figures(race.finalists)])
        finally:
            track.close()
    return {"toy": toy, "load": [load, os.getloadavg()[0]], "seconds": round(took, 1),
            "noise": race.noise(race.finalists), **_judged(decision.recommended, grid)}  # fmt: skip


def _grid(track: Track, field: list[Contender]) -> dict[Contender, list[Round]]:
    rounds: dict[Contender, list[Round]] = {one: [] for one in field}
    for number in range(GRID_ROUNDS):
        for one in field:
            try:
                loads = track.measure(one, CLIENTS[-2:], GRID_WINDOW_S, spending=False)
            except Died:
                continue
            rounds[one].append(Round(number, GRID_WINDOW_S, tuple(loads)))
    return rounds


def _judged(recommended: ContenderFigures | None, grid: dict[Contender, list[Round]]) -> dict[str, Any]:
    measured = {one: figures.figures(one, rounds, None) for one, rounds in grid.items() if rounds}
    noise = figures.noise((measured[one], grid[one]) for one in measured)
    best = max(measured.values(), key=decide.score)
    judged = {"grid_noise": noise, "best": best.configuration.name, "recommended": None}
    if recommended is None:
        return judged
    there = measured[recommended.configuration]
    part = there.requests_per_second / best.requests_per_second
    return {**judged, "recommended": recommended.configuration.name, "part": round(part, 3),
            "within_noise": part >= 1 - noise}  # fmt: skip


if __name__ == "__main__":
    main()
