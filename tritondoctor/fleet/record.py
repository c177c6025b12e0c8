"""The record of a host's answer, as `fleet run` and the programs for clusters write it."""

from __future__ import annotations

from typing import Any, Literal, Optional

import msgspec

SCHEMA: Literal["tritondoctor.host/1"] = "tritondoctor.host/1"
Status = Literal["report", "unreachable", "timed-out", "no-python", "failed"]


class HostRecord(msgspec.Struct, frozen=True, rename={"status": "answer", "message": "said"}):
    """`report` is the object of a report (report.schema.json) if `status` (in JSON `answer`) is "report".

    `role` is the group of hosts that should be alike; `message` (in JSON `said`) is the output beside or
    instead of a report; `seconds` is the time that the host took.
    """

    schema: Literal["tritondoctor.host/1"]
    host: str
    role: Optional[str]
    status: Status
    message: str
    seconds: float
    report: Optional[dict[str, Any]]
