"""A probe of a server for Kubernetes: one look, compared with those that a file keeps.

It fails only for calls that do not end.  What it cannot see, and whatever goes wrong with itself, is no
reason to restart a server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import msgspec

from tritondoctor.running.model import Look, RunningServer
from tritondoctor.running.observe import look
from tritondoctor.running.stall import Stall, stalls
from tritondoctor.support import atomic, proc, structs
from tritondoctor.support.messages import _, plural
from tritondoctor.support.reading import Limit, read_bytes

_DEADLINE_S = 0.3
#: how many looks are kept of the time after which a call hangs
_KEPT = 12


class ProbeState(msgspec.Struct, frozen=True):
    """What the file keeps: which server, and looks at it, in seconds since the machine started."""

    server: str
    looks: tuple[Look, ...] = ()


def run(
    choose: Callable[[], RunningServer],
    path: str,
    hang_after_s: float,
    complain: Callable[[str], None],
    say: Callable[[str], None],
) -> int:
    """Probe once; return 1 where calls hang, else 0."""
    try:
        server = choose()
        now = look(server, 0.0, quick=True, deadline_s=_DEADLINE_S)
        state = _read(path, _identity(server))
        if now.problem:
            complain(_("the probe could not read the metrics: {why}.", why=now.problem))
        # by URL it may be another server that answers next, since nothing tells its process
        is_seen = now.metrics is not None or bool(now.processes)
        state = with_look(state, now, hang_after_s) if is_seen else ProbeState(state.server)
        atomic.write_named(path, msgspec.json.encode(state).decode(), _is_state)
    except Exception as failure:
        complain(_("the probe itself failed: {why}", why=f"{type(failure).__name__}: {failure}"))
        return 0
    hanging = [stall for stall in stalls(state.looks) if stall.seconds >= hang_after_s]
    say(_hanging(hanging) if hanging else _("no call hangs"))
    return int(bool(hanging))


def with_look(state: ProbeState, now: Look, hang_after_s: float) -> ProbeState:
    """Return the state with one look more; of those before it only as many as tell what does not move.

    Counters only grow, so two looks that agree say the same as all that were between them.
    """
    apart = hang_after_s / _KEPT
    kept: list[Look] = []
    for before in state.looks:
        recent = now.at_s - 2 * hang_after_s <= before.at_s < now.at_s
        if recent and (not kept or before.at_s - kept[-1].at_s >= apart):
            kept.append(before)
    return msgspec.structs.replace(state, looks=(*kept, now))


def _hanging(hanging: Sequence[Stall]) -> str:
    longest = max(hanging, key=lambda stall: stall.seconds)
    line = _(
        "calls of {model} do not end: for at least {seconds} s",
        model=longest.model, seconds=f"{longest.seconds:.0f}",
    )  # fmt: skip
    if longest.pending:
        line += plural(", {count} request waits", ", {count} requests wait", longest.pending)
    return line


def _identity(server: RunningServer) -> str:
    """The process, which nothing but the very same server has; by URL the address."""
    row = proc.stat(server.server_pid) if server.server_pid else None
    boot = os.fsdecode(proc.read_path("/proc/sys/kernel/random/boot_id")).strip()
    return f"{boot} {row.pid} {row.start}" if row else str(server.http)


def _is_state(content: str) -> bool:
    """Whether a file is one that a probe keeps, whole or cut short."""
    start = '{"server":"'
    if not content.startswith(start):
        return start.startswith(content)
    return '"looks":[' in content or not content.rstrip().endswith("}")


def _read(path: str, server: str) -> ProbeState:
    """What was kept of this server; nothing where the file is another's, or is none."""
    try:
        state = structs.decode(read_bytes(path, Limit.SETTINGS), type=ProbeState)
    except (OSError, ValueError, RecursionError):
        return ProbeState(server)
    return state if state.server == server else ProbeState(server)
