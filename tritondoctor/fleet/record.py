"""A host's answer as whoever asked it writes it down: by `fleet run`, and in clusters."""

from __future__ import annotations

from typing import Any, Literal, Optional

import msgspec

SCHEMA: Literal["tritondoctor.host/1"] = "tritondoctor.host/1"
Answer = Literal["report", "unreachable", "timed-out", "no-python", "failed"]


class HostRecord(msgspec.Struct, frozen=True):
    """`report` is a report's object (report.schema.json) where `answer` is "report", else None.

    `role` is the group of hosts that ought to be alike; `said` what was heard instead of a report, or
    beside it; `seconds` how long the host took.
    """

    schema: Literal["tritondoctor.host/1"]
    host: str
    role: Optional[str]
    answer: Answer
    said: str
    seconds: float
    report: Optional[dict[str, Any]]
