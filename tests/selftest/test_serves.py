"""A real PyTriton serves Linear and answers rightly, with every Python, over HTTP and gRPC."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from tests.selftest.boxed import named, place_of, selftest
from tests.truth.place import Place

MINORS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
SLICE = ("3.11", "3.13")
CHECKS = [
    "ModelClient over HTTP, batch of 128",
    "ModelClient over gRPC, batch of 128",
    "server is ready",
    "model is ready",
    "raw HTTP",
    "metrics",
    "streaming over gRPC",
    "streaming over HTTP",
    "two streams side by side",
]
PHASES = [
    "import PyTriton", "prepare the device", "start the server", "load the model",
    "compare answers", "stream", "stop and clean up",
]  # fmt: skip


def _passes(result: dict[str, Any]) -> None:
    assert result["passed"], result["findings"]
    assert [entry["name"] for entry in result["checks"]] == CHECKS
    assert all(entry["passed"] for entry in result["checks"])
    assert all(entry["worst"] <= entry["tolerance"] for entry in result["checks"] if entry["tolerance"])
    assert result["findings"] == result["left_behind"] == result["log_tail"] == []


@pytest.mark.truth
@pytest.mark.parametrize(
    "minor",
    [pytest.param(m, marks=[pytest.mark.truth_slice] if m in SLICE else []) for m in MINORS],
)
def test_it_passes_with_every_python(minor: str) -> None:
    with place_of(named(f"serves {minor}")) as place:
        outcome = selftest(place)
    _passes(outcome.result)
    assert outcome.status == 0
    assert [entry["name"] for entry in outcome.result["phases"]] == PHASES
    assert outcome.result["device"]["kind"] == "cpu"


@pytest.mark.truth
@pytest.mark.parametrize("name", ["older-release 0.5.14", "older-release 0.4.2", "port-taken http"])
def test_it_passes_with_older_releases_and_beside_a_busy_port(name: str) -> None:
    with place_of(named(name)) as place:
        outcome = selftest(place)
    assert outcome.result["passed"], outcome.result["findings"]


@pytest.mark.truth
@pytest.mark.parametrize(
    "name, absent",
    [
        ("setting-accepted http-only", "ModelClient over gRPC, batch of 128"),
        ("setting-accepted grpc-only", "raw HTTP"),
        ("setting-accepted no-metrics", "metrics"),
    ],
)
def test_what_is_switched_off_is_not_asked(name: str, absent: str) -> None:
    with place_of(named(name)) as place:
        outcome = selftest(place)
    assert outcome.result["passed"], outcome.result["findings"]
    assert absent not in [entry["name"] for entry in outcome.result["checks"]]


@pytest.mark.truth
def test_torch_computes_where_it_is_installed(torch: str) -> None:
    environment = named("serves 3.11")

    def with_torch(place: Place) -> None:
        place.python = torch

    with place_of(replace(environment, build=with_torch)) as place:
        outcome = selftest(place, device="cpu")
        refused = selftest(place, device="cuda")
    _passes(outcome.result)
    assert outcome.result["device"]["library"].startswith("torch ")
    assert (refused.status, refused.cause) == (1, "device-not-usable")


@pytest.fixture
def torch() -> str:
    """A python with torch and PyTriton: TRITONDOCTOR_TEST_TORCH names it."""
    path = os.environ.get("TRITONDOCTOR_TEST_TORCH", "")
    command = [path, "-I", "-c", "import torch, pytriton"]
    if not path or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no torch: TRITONDOCTOR_TEST_TORCH names a python 3.11 that has it and PyTriton")
    return path


@pytest.mark.truth
def test_the_gpu_is_never_left_silently() -> None:
    """Here is no GPU: `cuda` fails and says so, `auto` takes the CPU and says why."""
    with place_of(named("serves 3.11")) as place:
        refused = selftest(place, device="cuda")
        taken = selftest(place, device="auto")
    if taken.result["device"]["kind"] == "cuda":
        pytest.skip("there is a GPU here")
    assert (refused.status, refused.cause) == (1, "device-not-usable")
    assert refused.seconds < 20
    assert taken.result["passed"]
    assert taken.result["device"]["why"].startswith("no GPU")


@pytest.mark.truth
def test_bench() -> None:
    with place_of(named("serves 3.13")) as place:
        outcome = selftest(place, device="cpu", bench=True)
    _passes(outcome.result)
    loads = outcome.result["bench"]["loads"]
    assert {(load["batching"], load["instances"]) for load in loads} == {
        (False, 1), (True, 1), (False, 2), (True, 2),
    }  # fmt: skip
    for entry in loads:
        assert 0 < entry["p50"] <= entry["p95"] <= entry["p99"]
        if not entry["batching"]:
            assert set(entry["batches"]) == {"1"}
    busiest = max((load for load in loads if load["batching"]), key=lambda entry: entry["clients"])
    assert max(map(int, busiest["batches"])) > 1
    assert outcome.result["bench"]["ratio"] > 1
