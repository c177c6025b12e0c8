"""Whatever of a race is killed, and when: no process, segment, workspace, folder or port is left."""

from __future__ import annotations

import os

import pytest

from tests.selftest.boxed import named, order_of, place_of, stressed
from tests.tuning.race import TOYS

SEED = int(os.environ.get("TRITONDOCTOR_TEST_SEED", "20261128"))


@pytest.mark.tune
@pytest.mark.parametrize("kills", [pytest.param(1, marks=pytest.mark.tune_slice), 20])
def test_nothing_is_left(kills: int) -> None:
    race = {
        "file": str(TOYS / "fixed_cost.py"), "function": "infer", "clients": (1, 4),
        "most_instances": 1, "seconds": 25,
    }  # fmt: skip
    with place_of(named("serves 3.11")) as place:
        plan = {"order": order_of(place, tune=race), "starts": kills, "kills": kills, "seed": SEED}
        report = stressed(place, plan, 200 * kills)
    assert [run["left"] for run in report["runs"]] == [{}] * kills, report
    assert report["after"] == report["before"]
    assert sum(run["hit"] for run in report["runs"]) >= max(1, kills // 2)
