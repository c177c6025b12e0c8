"""Whatever is killed, and when: no process, segment, workspace, temporary folder or port is left."""

from __future__ import annotations

import os

import pytest

from tests.selftest.boxed import named, order_of, place_of, stressed

SEED = int(os.environ.get("TRITONDOCTOR_TEST_SEED", "20261123"))


@pytest.mark.truth
@pytest.mark.parametrize(
    "starts, kills",
    [pytest.param(4, 3, marks=pytest.mark.truth_slice, id="few"), pytest.param(50, 30, id="many")],
)
def test_nothing_is_left(starts: int, kills: int) -> None:
    with place_of(named("serves 3.13")) as place:
        plan = {"order": order_of(place), "starts": starts, "kills": kills, "seed": SEED}
        report = stressed(place, plan, 90 * starts)
    for run in report["runs"]:
        assert run["left"] == {}, run
        if not run["hit"]:
            assert run["passed"], run
    assert report["after"] == report["before"]
    assert sum(run["hit"] for run in report["runs"]) >= kills // 2
