"""The ensemble: passed by every release that can have one; not where a step is wrong or missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.selftest.boxed import doctor_with, named, place_of, selftest

#: a line of ensemble_models.py, and what stands there instead
BROKEN = {
    "computes-something-else": ("lambda rows: rows / 2", "lambda rows: rows / 4"),
    "a-step-is-missing": ('"Pipe", "Halve", "Linear")', '"Pipe", "Halve", "Nobody")'),
}


@pytest.mark.truth
@pytest.mark.truth_slice
def test_both_steps_are_right_and_counted() -> None:
    with place_of(named("serves 3.11")) as place:
        outcome = selftest(place, device="cpu", pipes=True)
        left = list((place.home / ".cache").rglob("workspace_*"))
    assert outcome.result["passed"], outcome.result["findings"]
    (check,) = [check for check in outcome.result["checks"] if check["id"] == "ensemble"]
    assert check["worst"] == 0 and "counted in the metrics" in check["name"]
    assert left == [] == outcome.result["left_behind"]


@pytest.mark.truth
def test_a_release_that_cannot_have_one_is_told_as_such() -> None:
    with place_of(named("older-release 0.4.2")) as place:
        outcome = selftest(place, device="cpu", pipes=True)
    assert outcome.result["passed"], outcome.result["findings"]
    (check,) = [check for check in outcome.result["checks"] if check["id"] == "ensemble"]
    assert check["skipped"] and "cannot start the server" in check["got"]


@pytest.mark.truth
@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_ensemble_is_not_passed(name: str, tmp_path: Path) -> None:
    root = doctor_with(tmp_path, "ensemble_models.py", BROKEN[name])
    with place_of(named("serves 3.11")) as place:
        outcome = selftest(place, root=root, device="cpu", pipes=True)
    assert outcome.status == 1
    failed = [check["id"] for check in outcome.result["checks"] if not check["passed"]]
    assert (outcome.cause, failed) == ("selftest-ensemble-broken", ["ensemble"])


@pytest.mark.truth
def test_what_it_is_worth_is_measured() -> None:
    with place_of(named("serves 3.11")) as place:
        outcome = selftest(place, device="cpu", pipes=True, bench=True)
    assert outcome.result["passed"], outcome.result["findings"]
    small, big = outcome.result["ensemble"]
    assert (small["numbers_between"], big["numbers_between"]) == (2, 224 * 224 * 3)
    assert big["ensemble_ms"] < big["requests_ms"]
