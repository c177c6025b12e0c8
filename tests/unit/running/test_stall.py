"""Calls that do not end: by the counters, by the stubs, by both; and what only looks alike."""

from __future__ import annotations

import pytest

from tests.unit.running.build import MODEL, a_model, a_process, processes, recording, still
from tritondoctor.running.metrics import ModelCounters
from tritondoctor.running.model import Look, RunningProcess, model_of
from tritondoctor.running.stall import Stall, stalls, undecided


def _in_call(at_s: float) -> tuple[RunningProcess, ...]:
    return processes(at_s, in_call=True)


def _no_processes(at_s: float) -> tuple[RunningProcess, ...]:
    return ()


def _looks(**changes: object) -> tuple[Look, ...]:
    return recording(**changes).looks  # type: ignore[arg-type]


def test_a_server_that_works() -> None:
    assert stalls(_looks()) == []


def test_nobody_asks() -> None:
    assert stalls(_looks(counters=still(pending=0))) == []


def test_requests_wait_and_no_call_ends() -> None:
    looks = _looks(counters=still(pending=3), seen=_no_processes)
    assert stalls(looks) == [Stall(MODEL, 3.0, 3)]


def test_one_call_that_no_counter_shows() -> None:
    looks = _looks(counters=still(pending=0), seen=_in_call)
    assert stalls(looks) == [Stall(MODEL, 3.0, 0, ("Linear_0_0",))]
    assert not undecided(looks)


def test_metrics_are_off() -> None:
    looks = _looks(counters=None, seen=_in_call)
    assert stalls(looks) == [Stall(MODEL, 3.0, None, ("Linear_0_0",))]


def test_too_early_to_say() -> None:
    looks = _looks(counters=still(pending=0), seen=_in_call, seconds=2.0)
    assert stalls(looks) == [] and undecided(looks)


def test_a_call_that_ended_last_is_none() -> None:
    def counters(at_s: float) -> ModelCounters:
        return ModelCounters(MODEL, "1", calls=5 + (at_s >= 3), pending=3)

    assert stalls(_looks(counters=counters, seen=_no_processes)) == []


def test_it_counts_from_the_last_end() -> None:
    def counters(at_s: float) -> ModelCounters:
        return ModelCounters(MODEL, "1", calls=5 + (at_s >= 1), pending=3)

    assert stalls(_looks(counters=counters, seen=_no_processes)) == [Stall(MODEL, 2.0, 3)]


@pytest.mark.parametrize("field", ["requests", "calls", "failures"])
def test_every_kind_of_end_counts(field: str) -> None:
    def counters(at_s: float) -> ModelCounters:
        number = round(at_s * 2)
        known = {field: {"OTHER": number} if field == "failures" else number}
        return ModelCounters(MODEL, "1", pending=3, **known)  # type: ignore[arg-type]

    assert stalls(_looks(counters=counters, seen=_no_processes)) == []


def test_requests_that_did_not_wait_all_the_time() -> None:
    def counters(at_s: float) -> ModelCounters:
        return ModelCounters(MODEL, "1", calls=5, pending=int(at_s >= 2))

    assert stalls(_looks(counters=counters, seen=_no_processes)) == [Stall(MODEL, 1.0, 1)]


def test_a_look_without_metrics_is_no_end() -> None:
    looks = list(_looks(counters=still(pending=3), seen=_no_processes))
    looks[3] = Look(looks[3].at_s)
    assert stalls(looks) == [Stall(MODEL, 3.0, 3)]


def test_one_of_two_instances() -> None:
    def seen(at_s: float) -> tuple[RunningProcess, ...]:
        other = a_process("stub", 301, instance="Linear_0_1", switches=round(50 * at_s))
        return (*processes(at_s, in_call=True), other)

    assert stalls(_looks(counters=a_model, seen=seen)) == [Stall(MODEL, 3.0, 0, ("Linear_0_0",))]


def test_another_stub_in_its_place_is_another_call() -> None:
    def seen(at_s: float) -> tuple[RunningProcess, ...]:
        return processes(at_s, in_call=True, stub_pid=300 + round(at_s))

    assert stalls(_looks(counters=still(pending=0), seen=seen)) == []


def test_a_stub_that_says_nothing() -> None:
    def seen(at_s: float) -> tuple[RunningProcess, ...]:
        return (a_process("stub", 300, instance="Linear_0_0", switches=None),)

    assert stalls(_looks(counters=still(pending=0), seen=seen)) == []


@pytest.mark.parametrize(
    ("instance", "model"),
    [
        ("Linear_0_0", "Linear"),
        ("Linear_0", "Linear"),
        ("my_model_2_0_1", "my_model_2"),
        ("x", "x"),
        ("", ""),
    ],
)
def test_the_model_of_an_instance(instance: str, model: str) -> None:
    assert model_of(instance) == model


def test_one_look_says_nothing() -> None:
    assert stalls(_looks(counters=still(pending=3), seen=_in_call)[:1]) == []
