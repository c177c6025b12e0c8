"""Findings about the server's processes: restarts, memory, shared memory, signals, the token.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.checks import Finding
from tritondoctor.checks.left_behind import megabytes
from tritondoctor.checks.model import counted, text
from tritondoctor.running.conclude import conclude
from tritondoctor.running.figures import ModelFigures
from tritondoctor.running.model import Recording, RunningProcess, model_of

#: of so many calls, processor time to copy the data of one (ms), and its part of the call
_CALLS, _COPIES_MS, _COPIES_PART = 5, 10.0, 0.15
_SHM_FREE = 0.1
_GROWN = 16 << 20
_SOON_S = 3600.0


def findings(recording: Recording, known: Sequence[ModelFigures]) -> Iterator[Finding]:
    """Yield the findings about processes."""
    yield from _serialization(recording, known)
    yield from _shared_memory(recording)
    if any(model.requests for model in known):  # while it loads models it grows as well
        yield from _memory(recording)
    yield from _dead_stubs(recording)
    yield from _restarts(recording)
    yield from _signals(recording)
    yield from _token(recording)


def _serialization(recording: Recording, known: Sequence[ModelFigures]) -> Iterator[Finding]:
    """Stubs and tritonserver only pass data on; what PyTriton's process does is the function."""
    called = [model for model in known if model.calls]
    if len(called) != 1 or not called[0].compute_ms or called[0].decoupled or called[0].calls < _CALLS:
        return
    model, used = called[0], {"pytriton": 0.0, "tritonserver": 0.0, "stub": 0.0, "child": 0.0}
    for before, now in _both(recording):
        used[now.role] += 1000 * (now.cpu_s - before.cpu_s) / model.calls
    copying, work = used["stub"] + used["tritonserver"], used["pytriton"] + used["child"]
    call_ms = model.compute_ms or 0.0
    if copying > _COPIES_MS and copying > 2 * work and copying > _COPIES_PART * call_ms:
        fields = {"model": model.name, "copying": f"{copying:.0f}", "work": f"{work:.0f}",
                  "call": f"{call_ms:.0f}"}  # fmt: skip
        yield conclude("slow-serialization", fields)


def _shared_memory(recording: Recording) -> Iterator[Finding]:
    volume = recording.looks[-1].shared_memory
    if volume is not None and volume.total and volume.free < _SHM_FREE * volume.total:
        fields = {"free": megabytes(volume.free), "total": megabytes(volume.total)}
        yield conclude("shared-memory-nearly-full", fields)


def _memory(recording: Recording) -> Iterator[Finding]:
    """Memory that grew from look to look, and would be used up within the hour."""
    for before, now in _both(recording):
        sizes = [size for size in _sizes(recording, now) if size is not None]
        if len(sizes) < 4 or before.memory is None or now.memory is None:
            continue
        grown, left = now.memory - before.memory, recording.memory_left
        quarters = [sizes[len(sizes) * n // 4 - (n == 4)] for n in range(5)]
        steady = all(later > earlier for earlier, later in zip(quarters, quarters[1:]))
        if not steady or grown < _GROWN or left is None:
            continue
        lasts = left / (grown / recording.seconds)
        if lasts < _SOON_S:
            fields = {"process": f"{now.name} ({now.pid})", "grown": megabytes(grown),
                      "seconds": f"{recording.seconds:.0f}", "left": megabytes(left),
                      "minutes": f"{lasts / 60:.0f}"}  # fmt: skip
            yield conclude("memory-grows", fields)


def _sizes(recording: Recording, process: RunningProcess) -> Iterator[Optional[int]]:
    for look in recording.looks:
        yield from (known.memory for known in look.processes if _is_same(known, process))


def _dead_stubs(recording: Recording) -> Iterator[Finding]:
    """Stubs that have ended; their arguments are gone with them, so an earlier look says whose it was."""
    for process in recording.looks[-1].processes:
        if process.role == "stub" and process.state == "Z":
            before = (known.instance for look in recording.looks for known in look.processes
                      if _is_same(known, process) and known.instance)  # fmt: skip
            instance = next(before, "") or text("an instance (process {pid})", pid=process.pid)
            yield conclude("stub-ended", {"instance": instance})


def _restarts(recording: Recording) -> Iterator[Finding]:
    """Instances that had more than one stub while somebody looked."""
    seen: dict[str, dict[tuple[int, int], float]] = {}
    for look in recording.looks:
        for process in look.processes:
            if process.role == "stub" and process.instance:
                seen.setdefault(process.instance, {}).setdefault((process.pid, process.start), look.at_s)
    for instance, stubs in seen.items():
        if len(stubs) > 1 and not _was_loaded_again(recording, instance):
            pids = ", ".join(str(pid) for pid, _ in stubs)
            how = counted("{n} time in {seconds} s", "{n} times in {seconds} s", len(stubs) - 1,
                          seconds=f"{recording.seconds:.0f}")  # fmt: skip
            yield conclude(
                "stub-restarts", {"instance": instance, "how": how}, text("processes {pids}", pids=pids)
            )


def _was_loaded_again(recording: Recording, instance: str) -> bool:
    """Whether somebody unloaded and loaded the model of an instance: its counters began again."""
    counted = [look.metrics.model(model_of(instance)) for look in recording.looks if look.metrics]
    calls = [-1 if model is None else model.calls for model in counted]
    return any(later < earlier for earlier, later in zip(calls, calls[1:]))


def _signals(recording: Recording) -> Iterator[Finding]:
    for process in recording.looks[-1].processes:
        if process.role == "pytriton" and process.ignores_sigint:
            yield conclude("sigint-ignored", {"pid": str(process.pid)})


def _token(recording: Recording) -> Iterator[Finding]:
    if not recording.server.token_shown:
        return
    others = recording.other_users
    evidence = counted("{n} other user has processes here", "{n} other users have processes here", others)
    yield conclude(
        "token-on-command-line", {"user": recording.server.user}, *((evidence,) if others else ()),
        severity="warning" if others else None,
    )  # fmt: skip


def _both(recording: Recording) -> Iterator[tuple[RunningProcess, RunningProcess]]:
    """The processes that were there at the first look and are at the last."""
    for now in recording.looks[-1].processes:
        for before in recording.looks[0].processes:
            if _is_same(before, now):
                yield before, now


def _is_same(process: RunningProcess, other: RunningProcess) -> bool:
    return (process.pid, process.start) == (other.pid, other.start)
