"""Where nothing moves: calls that have not ended while somebody looked.  Pure.

Two witnesses.  Triton's counters: requests wait for a call, and no call ends.  The stub, which anybody
on the machine can see: its first thread waits for a message for a second at most (pb_stub.cc,
RunCommand), so it goes to sleep again and again; while a call runs it waits for PyTriton's answer
without a limit, and does not. A call that runs alone is not in the counters: Triton counts it when it
ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from tritondoctor.running.metrics import ModelCounters
from tritondoctor.running.model import Look, RunningProcess

#: twice the stub's second and a bit, for a machine that is busy
SURE_S = 2.5


class Stall(NamedTuple):
    """Calls of a model that run without an end: for `seconds` at least.

    `instances` are those whose call was seen to run (by their stub); `pending` requests wait behind.
    """

    model: str
    seconds: float
    pending: Optional[int]
    instances: tuple[str, ...] = ()


def stalls(looks: Sequence[Look]) -> list[Stall]:
    """Return the calls that run at the last look and have run for some time."""
    if len(looks) < 2:
        return []
    found = {stall.model: stall for stall in _by_counters(looks)}
    running = dict(_by_stubs(looks))
    for model in {process.model for process in running}:
        mine = {
            process.instance: seconds for process, seconds in running.items() if process.model == model
        }
        counted = found.get(model)
        seconds = max([*mine.values(), counted.seconds if counted else 0.0])
        found[model] = Stall(model, seconds, _pending(looks[-1], model), tuple(sorted(mine)))
    return list(found.values())


def ended(looks: Sequence[Look]) -> list[Stall]:
    """Return the longest call of each model that ran for some time and has ended by the last look."""
    longest: dict[str, Stall] = {}
    for number in range(2, len(looks)):
        for stall in stalls(looks[:number]):
            if stall.seconds >= SURE_S and stall.seconds > longest.get(stall.model, stall).seconds - 1e-9:
                longest[stall.model] = stall
    running = {stall.model for stall in stalls(looks)}
    return [stall for model, stall in longest.items() if model not in running]


def _by_counters(looks: Sequence[Look]) -> Iterator[Stall]:
    last = looks[-1].metrics
    for model in last.models if last else ():
        since = _still_since(looks, model)
        if since is not None and model.pending:
            yield Stall(model.name, round(looks[-1].at_s - since, 3), model.pending)


def _still_since(looks: Sequence[Look], model: ModelCounters) -> Optional[float]:
    """Since which look requests have waited and none ended; None where that is only the last."""
    since = None
    for look in reversed(looks):
        if look.metrics is None:
            continue  # a busy server answers late: that says nothing about its calls
        before = look.metrics.model(model.name, model.version)
        if before is None or not before.pending or _ended(before) != _ended(model):
            break
        since = look.at_s
    return None if since is None or since == looks[-1].at_s else since


def _ended(model: ModelCounters) -> tuple[int, int, int]:
    return model.calls, model.requests, model.failed


def undecided(looks: Sequence[Look]) -> bool:
    """Whether a call may run of which it is too early to say so."""
    return any(0 < seconds < SURE_S for _, seconds in _still(looks))


def _by_stubs(looks: Sequence[Look]) -> Iterator[tuple[RunningProcess, float]]:
    """The stubs that are in one and the same call, and since how long at least."""
    return ((stub, seconds) for stub, seconds in _still(looks) if seconds >= SURE_S)


def _still(looks: Sequence[Look]) -> Iterator[tuple[RunningProcess, float]]:
    """The stubs, and for how long the first thread of each has not moved."""
    for stub in looks[-1].processes:
        if stub.role != "stub" or stub.state in "TtZ" or stub.switches is None or not stub.instance:
            continue
        since = looks[-1].at_s
        for look in reversed(looks):
            before = next((known for known in look.processes if _is_same(known, stub)), None)
            if not look.processes:
                continue
            if before is None or before.switches != stub.switches:
                break
            since = look.at_s
        yield stub, round(looks[-1].at_s - since, 3)


def _is_same(process: RunningProcess, other: RunningProcess) -> bool:
    return (process.pid, process.start) == (other.pid, other.start)


def _pending(look: Look, name: str) -> Optional[int]:
    model = look.metrics.model(name) if look.metrics else None
    return model.pending if model else None
