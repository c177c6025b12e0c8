"""Recordings of servers that do not answer, or whose metrics are not read; a case of any finding."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from tests.unit.running.build import SERVER, a_process, in_call, processes, recording, still
from tritondoctor.running.model import Recording, RunningProcess


class Judged(NamedTuple):
    """A recording on which a finding fires, one that looks alike, and pieces of its text."""

    id: str
    fires: Recording
    silent: Recording
    says: tuple[str, ...] = ()
    note: str = ""


def _stopped(at_s: float) -> tuple[RunningProcess, ...]:
    return (a_process("pytriton", 100), a_process("tritonserver", 200, state="T"))


UNREACHED = (
    Judged(
        "server-silent",
        fires=recording(None, seen=_stopped, problem="no answer within 2 s", ready=None),
        silent=recording(None, seen=processes, ready=200),
        says=("SIGSTOP",),
    ),
    Judged(
        "server-silent",
        note="ended",
        fires=recording(None, seen=lambda at_s: (a_process("pytriton", 100),), ready=None),
        silent=recording(),
        says=("has ended",),
    ),
    Judged(
        "server-silent",
        note="url",
        fires=recording(None, seen=lambda at_s: (), problem="refused", ready=None,
                        server=msgspec.structs.replace(SERVER, pid=None, server_pid=None)),
        silent=recording(None, seen=lambda at_s: (), ready=200,
                         server=msgspec.structs.replace(SERVER, pid=None, server_pid=None)),
        says=("refused",),
    ),
    Judged(
        "metrics-unread",
        note="they do not answer",
        fires=recording(None, problem="http://127.0.0.1:9999: Connection refused"),
        silent=recording(None, seen=in_call, problem="http://127.0.0.1:8002: Connection refused"),
        says=("9999: Connection refused",),
    ),
    Judged(
        "metrics-unread",
        note="another server's",
        fires=recording(unknown=("Linear",)),
        silent=recording(unknown=("Other",)),
        says=("http://127.0.0.1:8002 counts Linear",),
    ),
    Judged(
        "metrics-unread",
        note="off",
        fires=recording(None, server=msgspec.structs.replace(SERVER, metrics=None)),
        silent=recording(still(pending=0)),
        says=("none are offered",),
    ),
    Judged(
        "server-silent",
        note="no Triton",
        fires=recording(None, seen=lambda at_s: (), problem="x", ready=404),
        silent=recording(None, seen=lambda at_s: (), problem="x", ready=200),
        says=("/v2/health/ready says 404",),
    ),
    Judged(
        "server-silent",
        note="no Triton, beside the metrics of another",
        fires=recording(ready=404),
        silent=recording(ready=200),
        says=("/v2/health/ready says 404",),
    ),
    Judged(
        "server-silent",
        note="not ready",
        fires=recording(ready=400),
        silent=recording(ready=200),
        says=("/v2/health/ready says 400", "not ready"),
    ),
    Judged(
        "server-silent",
        note="only metrics",
        fires=recording(ready=None),
        silent=recording(ready=None, server=msgspec.structs.replace(SERVER, http=None)),
        says=("though metrics come from",),
    ),
)  # fmt: skip
