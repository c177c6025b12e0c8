"""What is concluded from a recording: each finding fires, a look-alike is silent, its text speaks."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.checks.case import words
from tests.unit.running.build import (
    SERVER,
    a_model,
    a_process,
    at_rate,
    in_call,
    processes,
    recording,
    settings,
    still,
)
from tests.unit.running.unreached import UNREACHED, Judged
from tritondoctor.checks import CATALOGUE, Finding
from tritondoctor.running import judge
from tritondoctor.running.metrics import GpuGauges
from tritondoctor.running.model import Recording, RunningProcess, RunningThread, SharedMemory


def _computing(at_s: float) -> tuple[RunningProcess, ...]:
    return processes(at_s, in_call=True, wanted=0.97)


def _idle_loops(at_s: float) -> tuple[RunningProcess, ...]:
    threads = tuple(RunningThread(n, "python", "S", "do_epoll_wait", 0.0) for n in (101, 102))
    return (
        a_process("pytriton", 100, threads=threads, busy_loops=0),
        *processes(at_s, in_call=True)[1:],
    )


def _growing(step: int) -> tuple[RunningProcess, ...]:
    return (a_process("pytriton", 100, memory=50_000_000 + step * 10_000_000),)


def _stub_cpu(at_s: float, part: float) -> tuple[RunningProcess, ...]:
    stub = a_process("stub", 300, instance="Linear_0_0", switches=round(9 * at_s), cpu_s=part * at_s)
    return (*processes(at_s)[:2], stub)


def _ended_stub(at_s: float) -> tuple[RunningProcess, ...]:
    instance, state = ("", "Z") if at_s > 1 else ("Linear_0_0", "S")
    return (*processes(at_s)[:2], a_process("stub", 300, instance=instance, state=state, switches=None))


def _with_gpu(busy: float) -> Recording:
    seen = recording(at_rate(20, calls=10, call_ms=80))
    gpus = (GpuGauges("GPU-1", busy),)
    looks = tuple(
        msgspec.structs.replace(look, metrics=msgspec.structs.replace(look.metrics, gpus=gpus))
        for look in seen.looks
        if look.metrics
    )
    return msgspec.structs.replace(seen, looks=looks)


def _two_busy_instances(cores: float) -> Recording:
    return recording(
        at_rate(50, calls=50, queue_ms=60, call_ms=40, pending=6), configuration=settings(instances=2),
        seen=lambda at_s: processes(at_s, wanted=cores),
    )  # fmt: skip


HANGING = recording(still(pending=3), seconds=31, seen=in_call)
FULL = {"max_batch_size": 4}
CASES = (
    *UNREACHED,
    Judged(
        "infer-hangs",
        fires=HANGING,
        silent=recording(still(pending=3), seconds=20, seen=in_call),
        says=("at least 31 s", "It waits", "3 requests wait", "says 200", "py-spy dump", "100"),
    ),
    Judged(
        "infer-hangs",
        note="computes",
        fires=recording(still(pending=3), seconds=31, seen=_computing),
        silent=recording(seconds=31, seen=processes),
        says=("computes all the time", "thread 101 (python)", "97 %"),
    ),
    Judged(
        "infer-hangs",
        note="generator",
        fires=recording(still(pending=3), seconds=31, seen=_idle_loops),
        silent=recording(still(pending=0), seconds=31),
        says=("decoupled=True",),
    ),
    Judged(
        "infer-hangs",
        note="line",
        fires=msgspec.structs.replace(HANGING, stacks=("fn (/srv/hang.py:25)",)),
        silent=recording(),
        says=("It waits, at fn (/srv/hang.py:25)",),
    ),
    Judged(
        "infer-hangs",
        note="url",
        fires=recording(still(pending=3), seconds=31, seen=lambda at_s: ()),
        silent=recording(still(pending=0), seconds=31, seen=lambda at_s: ()),
        says=("cannot be seen from here",),
    ),
    Judged(
        "infer-hangs",
        note="not-handed-on",
        fires=recording(still(pending=3), seconds=31),
        silent=recording(seconds=31),
        says=("No instance is in a call",),
    ),
    Judged(
        "call-runs-long",
        fires=recording(still(pending=3), seconds=20, seen=in_call),
        silent=HANGING,
        says=("at least 20 s", "after 30 s"),
    ),
    Judged(
        "overloaded",
        fires=recording(at_rate(40, calls=10, queue_ms=764, call_ms=110, pending=28)),
        silent=recording(at_rate(40, calls=10, queue_ms=200, call_ms=110, pending=28)),
        says=("764 ms", "110 ms", "28 requests"),
    ),
    Judged(
        "overloaded",
        note="delay",
        fires=recording(at_rate(40, calls=10, queue_ms=300, call_ms=20),
                        configuration=settings(delay_us=1000)),
        silent=recording(at_rate(40, calls=10, queue_ms=300, call_ms=20),
                         configuration=settings(delay_us=290_000)),
    ),
    Judged(
        "batches-full",
        fires=recording(at_rate(80, calls=20, queue_ms=50, call_ms=50, pending=4),
                        configuration=settings(**FULL)),
        silent=recording(at_rate(80, calls=20, queue_ms=1, call_ms=50), configuration=settings(**FULL)),
        says=("4.0 of at most 4", "max_batch_size=8"),
    ),
    Judged(
        "not-batching",
        note="off",
        fires=recording(at_rate(500, calls=500, queue_ms=27, pending=15),
                        configuration=settings(batching=False)),
        silent=recording(at_rate(500, calls=500, queue_ms=1), configuration=settings(batching=False)),
        says=("batcher=None", "DynamicBatcher()"),
    ),
    Judged(
        "not-batching",
        note="size",
        fires=recording(at_rate(500, calls=500, queue_ms=27, pending=15),
                        configuration=settings(max_batch_size=1)),
        silent=recording(at_rate(500, calls=100, queue_ms=27, pending=15)),
        says=("max_batch_size is 1",),
    ),
    Judged(
        "not-batching",
        note="shapes",
        fires=recording(at_rate(500, calls=500, queue_ms=27, pending=15)),
        silent=recording(at_rate(500, calls=450, queue_ms=3, pending=1)),
        says=("different shapes",),
    ),
    Judged(
        "not-batching",
        note="failures",
        fires=recording(at_rate(5, calls=10, queue_ms=361, call_ms=19, pending=2, failed=5)),
        silent=recording(at_rate(5, calls=10, queue_ms=361, call_ms=19, pending=2, failed=10)),
        says=("1.0 rows a call",),
    ),
    Judged(
        "instances-idle",
        fires=recording(configuration=settings(instances=4)),
        silent=recording(at_rate(900, calls=900, call_ms=4), configuration=settings(instances=4)),
        says=("4 instances", "0.1 of them"),
    ),
    Judged(
        "instances-useless",
        fires=_two_busy_instances(0.95),
        silent=_two_busy_instances(1.9),
        says=("2 instances", "GIL"),
    ),
    Judged(
        "slow-serialization",
        fires=recording(at_rate(10, calls=10, call_ms=60), seen=lambda at_s: _stub_cpu(at_s, 0.4)),
        silent=recording(at_rate(10, calls=10, call_ms=60), seen=lambda at_s: _stub_cpu(at_s, 0.05)),
        says=("takes 60 ms", "40 ms of processor time"),
    ),
    Judged(
        "shared-memory-nearly-full",
        fires=recording(shared_memory=SharedMemory(64 << 20, 5 << 20)),
        silent=recording(shared_memory=SharedMemory(64 << 20, 9 << 20)),
        says=("5.2 MB", "67.1 MB"),
    ),
    Judged(
        "memory-grows",
        fires=recording(seen=lambda at_s: _growing(round(2 * at_s)), memory_left=1 << 30),
        silent=recording(seen=lambda at_s: _growing(round(2 * at_s)), memory_left=1 << 40),
        says=("60.0 MB", "1 min"),
    ),
    Judged(
        "memory-grows",
        note="once",
        fires=recording(seen=lambda at_s: _growing(round(2 * at_s)), memory_left=1 << 30),
        silent=recording(seen=lambda at_s: _growing(6 if at_s > 1 else 0), memory_left=1 << 30),
    ),
    Judged(
        "stub-ended",
        fires=recording(seen=_ended_stub),
        silent=recording(),
        says=("Linear_0_0",),
    ),
    Judged(
        "requests-fail",
        note="all",
        fires=recording(at_rate(0, calls=0, failed=5)),
        silent=recording(at_rate(0, calls=0)),
        says=("15 of 15",),
    ),
    Judged(
        "call-runs-long",
        note="ended",
        fires=recording(lambda at_s: still(pending=1)(at_s) if at_s < 9 else a_model(at_s), seconds=10),
        silent=recording(seconds=10),
        says=("at least 8 s",),
    ),
    Judged(
        "stub-restarts",
        fires=recording(seen=lambda at_s: processes(at_s, stub_pid=300 + round(at_s))),
        silent=recording(
            lambda at_s: a_model(at_s if at_s < 2 else 0.0),
            seen=lambda at_s: processes(at_s, stub_pid=300 + round(at_s)),
        ),
        says=("Linear_0_0", "3 times in 3 s", "300, 301"),
    ),
    Judged(
        "sigint-ignored",
        fires=recording(seen=lambda at_s: processes(at_s, ignores_sigint=True)),
        silent=recording(),
        says=("kill -SIGINT 100",),
    ),
    Judged(
        "token-on-command-line",
        fires=recording(server=msgspec.structs.replace(SERVER, token_shown=True), other_users=2),
        silent=recording(),
        says=("bob", "2 other users"),
    ),
    Judged(
        "requests-fail",
        fires=recording(at_rate(10, calls=10, failed=5)),
        silent=recording(at_rate(10, calls=10, failed=0)),
        says=("15 of 45",),
    ),
    Judged("gpu-idle", fires=_with_gpu(0.0), silent=_with_gpu(0.4), says=("80 % of the time",)),
    Judged(
        "no-traffic",
        fires=recording(still(pending=0)),
        silent=recording(still(pending=0), seen=in_call),
        says=("in 3 s", "no instance is in a call"),
    ),
)  # fmt: skip


def _drawn(id: str, seen: Recording) -> list[Finding]:
    return [finding for finding in judge.findings(seen) if finding.id == id]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.note}")
def test_fires_and_says(case: Judged) -> None:
    (finding,) = _drawn(case.id, case.fires)
    text = words(finding)
    assert "{" not in text and " None" not in text
    for piece in case.says:
        assert piece in text, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.note}")
def test_look_alike_is_silent(case: Judged) -> None:
    assert not _drawn(case.id, case.silent)


def test_every_finding_about_a_server_that_runs_has_a_case() -> None:
    drawn = {id for id, rule in CATALOGUE.items() if "attach" in rule.seen_by}
    assert drawn == {case.id for case in CASES}


def test_a_sound_server_has_none() -> None:
    assert judge.findings(recording()) == ()
    assert judge.findings(recording(a_model, seen=lambda at_s: ())) == ()


def test_durations_of_a_decoupled_model_mean_nothing() -> None:
    seen = recording(
        at_rate(500, calls=500, queue_ms=900, pending=15), configuration=settings(decoupled=True)
    )
    assert judge.findings(seen) == ()


def test_a_dead_stub_is_no_want_of_traffic() -> None:
    seen = recording(still(pending=0), seen=_ended_stub)
    assert [finding.id for finding in judge.findings(seen)] == ["stub-ended"]


def test_other_users_make_the_token_a_warning() -> None:
    server = msgspec.structs.replace(SERVER, token_shown=True)
    severities = [
        judge.findings(recording(server=server, other_users=others))[0].severity for others in (0, 1)
    ]
    assert severities == ["info", "warning"]


def test_a_model_that_was_loaded_again_is_counted_from_zero() -> None:
    def counters(at_s: float):  # type: ignore[no-untyped-def]
        return a_model(at_s + 100 if at_s < 1 else at_s)

    from tritondoctor.running.figures import figures

    assert figures(recording(counters))[0].requests == 300
