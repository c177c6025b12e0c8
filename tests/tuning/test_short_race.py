"""Real races in a real server; one short one in every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.selftest.boxed import named, place_of
from tests.tuning.race import SHORT, TOYS, tune
from tritondoctor.data import make_schema
from tritondoctor.installing import starter

pytestmark = pytest.mark.tune
FIGURES = (
    "max_batch_size", "delay_us", "instances", "threads", "requests_per_second", "p50", "p95", "p99",
    "rounds",
)  # fmt: skip


def _is_sound(result: dict[str, Any], status: int) -> None:
    """The contract, and what its parts say of each other."""
    schema = json.loads((make_schema.HERE / "tune.schema.json").read_text())
    jsonschema.validate(result, schema)
    assert result["schema"] == "tritondoctor.tune/1"
    for one in (*result["configurations"], *result["equal"], result["default"]):
        assert set(FIGURES) <= one.keys()
        assert 0 < one["p50"] <= one["p95"] <= one["p99"]
        assert one["rounds"] >= 1
    assert (result["recommended"] is None) == (status == 1)
    default = result["default"]
    assert (default["max_batch_size"], default["delay_us"], default["instances"]) == (4, 0, 1)
    if result["recommended"] is not None:
        assert result["noise"] <= 0.25
        assert result["recommended"] in result["equal"]
        best = max(one["requests_per_second"] for one in result["equal"])
        assert all(one["requests_per_second"] >= best * (1 - result["noise"]) for one in result["equal"])
        assert result["gain"] > 0
    else:
        assert result["gain"] is None
        assert result["reason"]


@pytest.mark.tune_slice
def test_what_init_wrote_is_tuned_as_it_is(tmp_path: Path) -> None:
    with place_of(named("serves 3.11")) as place:
        starter.write(str(place.cwd / "mine"), "linear")
        page = place.cwd / "page.html"
        tuned = tune(place, "mine/server.py:infer", *SHORT, "--json", "--html", str(page), "--rate", "20")
        assert tuned.status in (0, 1), tuned.error
        _is_sound(tuned.result, tuned.status)
        assert "<script" not in page.read_text()
        assert page.read_text().count("<figure") >= 4
    assert [load["rate"] for load in tuned.result["open_loop"]] in ([20], [20, 20])
    assert tuned.result["configurations"][0]["spending"] or tuned.result["failed"] == []


@pytest.mark.parametrize(
    ("named_function", "words"),
    [
        ("refused.py:raises", "failed at its first call, with one row: ValueError: no weights"),
        ("refused.py:other_shape", "output y has shape (2,), not (4,)"),
        ("refused.py:other_type", "output y has type FP64, not FP32"),
        ("refused.py:other_name", "output y is missing: the answer has z"),
        ("refused.py:nowhere", "has no function nowhere. It has: "),
        ("refused.py:number", "number is no function but an object of type int"),
    ],
)
def test_what_cannot_be_tuned_is_wrong_usage(named_function: str, words: str) -> None:
    with place_of(named("serves 3.11")) as place:
        tuned = tune(place, str(TOYS / named_function), "--json")
    assert (tuned.status, tuned.output) == (2, "")
    assert words in tuned.error


@pytest.mark.parametrize(
    ("function", "problem"),
    [("raises", "ValueError: too many rows"), ("crashes", "the server died"), ("hangs", "")],
)
def test_what_dies_does_not_end_the_race(function: str, problem: str) -> None:
    options = ("--clients", "1,16", "--max-instances", "1", "--seconds", "90", "--json")
    with place_of(named("serves 3.11")) as place:
        tuned = tune(place, str(TOYS / f"dies.py:{function}"), *options)
    assert tuned.status in (0, 1), tuned.error
    result = tuned.result
    assert {one["max_batch_size"] for one in result["failed"]} <= {8, 16, 32}
    assert any(one["max_batch_size"] == 16 for one in result["failed"])
    assert all(problem in one["problem"] for one in result["failed"])
    assert {1, 4} <= {one["max_batch_size"] for one in result["configurations"]}


def test_noise_is_told_and_nothing_claimed() -> None:
    with place_of(named("serves 3.11")) as place:
        tuned = tune(place, str(TOYS / "dies.py:noisy"), "--seconds", "60")
    assert tuned.status == 1, tuned.output
    assert "No configuration is recommended" in tuned.output
    assert "Load average" in tuned.output


def test_over_grpc_with_data_and_a_budget(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    data = tmp_path / "rows.npz"
    numpy.savez(data, x=numpy.ones((5, 4), dtype="float32"))
    options = ("--protocol", "grpc", "--data", str(data), "--budget", "0.5ms", *SHORT)
    with place_of(named("serves 3.11")) as place:
        tuned = tune(place, str(TOYS / "fixed_cost.py:infer"), *options, "--json")
    assert tuned.status == 1, tuned.error
    assert tuned.result["reason"] == "budget"
    assert tuned.result["nearest"]["p95"] > 0.5
