"""Looks at a server until it is clear how it is: a few seconds, or until a call that runs has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

from tritondoctor.running import metrics, processes, settings, stall
from tritondoctor.running.http import READY, Address, NoReply, get
from tritondoctor.running.model import Look, ModelSettings, Recording, RunningServer
from tritondoctor.support import proc
from tritondoctor.support.tritonservers import uid_of

_DEADLINE_S = 2.0
#: for the configurations of all models: a server may state many, and answer slowly
_CONFIGURATIONS_S = 6.0
_STEP_S = 0.5

#: called with the seconds that have passed and those after which it ends at the latest
Progress = Callable[[float, float], None]


class Stated(NamedTuple):
    """What a server says of the models that its metrics name: the configurations, and which it lacks."""

    settings: tuple[ModelSettings, ...] = ()
    unknown: tuple[str, ...] = ()


class Patience(NamedTuple):
    """For how many seconds to look, and after how many without an end a call hangs."""

    seconds: float = 3.0
    hang_after_s: float = 30.0


def observe(server: RunningServer, patience: Patience, progress: Progress) -> Recording:
    """Look at a server, for longer than `patience.seconds` only while nothing moves in it."""
    began = boot_seconds()
    looks = [look(server, began)]
    stated = configuration(server, looks[-1])
    while not _enough(looks, patience):
        pause = min(_STEP_S, max(0.05, patience.seconds / 4))
        time.sleep(pause)
        looks.append(look(server, began))
        stalled = looks[-1].at_s > patience.seconds
        progress(looks[-1].at_s, patience.hang_after_s if stalled else patience.seconds)
    later = configuration(server, looks[-1])
    return Recording(
        server,
        tuple(looks),
        later.settings or stated.settings,
        patience.hang_after_s,
        _memory_left(server),
        _other_users(server),
        unknown=later.unknown,
    )


def _enough(looks: list[Look], patience: Patience) -> bool:
    passed = looks[-1].at_s
    if passed < patience.seconds or len(looks) < 2:
        return False
    if gone(looks[-1]):
        return True
    if stall.undecided(looks):
        return False
    longest = max((found.seconds for found in stall.stalls(looks)), default=0.0)
    return longest == 0.0 or longest >= patience.hang_after_s or passed > patience.hang_after_s * 2


def boot_seconds() -> float:
    """Seconds since the machine started, while it slept too: the same for every process."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def gone(look: Look) -> bool:
    """Whether the server's processes have ended, or it never had any that are visible and is silent."""
    return look.metrics is None and not look.processes


def look(
    server: RunningServer,
    began: float,
    *,
    quick: bool = False,
    with_processes: bool = True,
    deadline_s: float = _DEADLINE_S,
) -> Look:
    """Look once; `began` is `boot_seconds` of the first look.  `quick`: without health and threads."""
    visible = with_processes and server.server_pid is not None
    at_s = boot_seconds() - began
    counted, problem = _metrics(server, deadline_s)
    return Look(
        round(at_s, 3),
        counted,
        problem,
        None if quick else _ready(server, deadline_s),
        processes.processes(server, with_threads=not quick) if visible else (),
        processes.shared_memory(server) if visible else None,
    )


def address_of(text: str) -> Address:
    """The address that its text states."""
    parts = urlsplit(text)
    return Address(parts.hostname or "", parts.port or 0, parts.scheme == "https")


def _metrics(server: RunningServer, deadline_s: float) -> tuple[Optional[metrics.Metrics], str]:
    if server.metrics is None:
        return None, ""
    try:
        return metrics.fetch(address_of(server.metrics), deadline_s), ""
    except NoReply as failure:
        return None, failure.strerror or str(failure)


def _ready(server: RunningServer, deadline_s: float) -> Optional[int]:
    if server.http is None:
        return None
    try:
        return get(address_of(server.http), READY, deadline_s).status
    except NoReply:
        return None


def configuration(server: RunningServer, look: Look) -> Stated:
    """The configuration of every model of a look, as far as the server states it in time."""
    if server.http is None or look.metrics is None:
        return Stated()
    known: list[ModelSettings] = []
    unknown: list[str] = []
    for model, remaining_s in _in_time(look.metrics.models):
        try:
            stated = settings.fetch(address_of(server.http), model.name, model.version, remaining_s)
            known += [stated] if stated else []
        except settings.UnknownModel:
            unknown.append(model.name)
    return Stated(tuple(known), tuple(unknown))


def _in_time(models: Iterable[metrics.ModelCounters]) -> Iterator[tuple[metrics.ModelCounters, float]]:
    """The models, each with the seconds that are left to ask for it."""
    ends = time.monotonic() + _CONFIGURATIONS_S
    for model in models:
        remaining_s = ends - time.monotonic()
        if remaining_s <= 0:
            return
        yield model, min(_DEADLINE_S, remaining_s)


def _memory_left(server: RunningServer) -> Optional[int]:
    if server.server_pid is None:
        return None
    from tritondoctor.facts.machine import cgroup

    return cgroup.memory_left()


def _other_users(server: RunningServer) -> int:
    """How many users have processes here besides root, services (uid below 1000) and the server's."""
    if server.server_pid is None:
        return 0
    mine = uid_of(server.server_pid)
    uids = {uid for pid in proc.pids() if (uid := uid_of(pid)) is not None}
    return len({uid for uid in uids if 1000 <= uid < 65534 and uid != mine})
