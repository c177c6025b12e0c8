"""What a start that came to nothing showed: how a process ended, or what stands still."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from tritondoctor.checks.model import Text, text
from tritondoctor.privacy.keys import without_keys
from tritondoctor.privacy.scrub import scrub
from tritondoctor.selftest import waits

_MOST_LINES = 4
_LONGEST = 200
#: frames of a stack, rows of the server's tables, what only informs
_NOISE = re.compile(r"^\s*(?:\d+# |[|+]|$|I\d{4} )| in /\S+\.so[.\d]*$|^Triton Inference Server exited")


class Observation(NamedTuple):
    """A finding of checks/only_in_starts.py, its fields, and what was seen."""

    id: str
    fields: Mapping[str, Text]
    evidence: tuple[Text, ...] = ()


def ended(status: Optional[int]) -> Text:
    """How a process ended: a status as subprocess has it, negative for a signal; None: not known."""
    if status is None:
        return text("nobody saw how")
    if status < 0:
        return text("signal {number} ({name}) ended it", number=-status, name=_signal(-status))
    return text("it ended with code {code}", code=status)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "?"


def of_server(status: Optional[int], log: Iterable[str]) -> Observation:
    """tritonserver ended by itself."""
    return Observation("server-ended", {"how": ended(status)}, last_lines(log))


def of_stub(name: str, status: Optional[int], log: Iterable[str]) -> Observation:
    """The stub ended, or the shell that starts it."""
    stub = (
        text("the stub")
        if name.startswith("triton")
        else text("{name}, which starts the stub,", name=name)
    )
    return Observation("stub-ended-early", {"stub": stub, "how": ended(status)}, last_lines(log))


def of_python(how: Text, log: Iterable[str]) -> Observation:
    """The Python process of the start ended."""
    return Observation("start-ended", {"how": how}, last_lines(log))


def of_standstill(pids: Sequence[int], seconds: float, log: Iterable[str]) -> Observation:
    """Nothing moves any more."""
    found = waits.waits(pids)
    who = text("{name}", name=found[0].name) if found else text("its processes")
    what = found[0].for_what if found else text("something that cannot be seen from here")
    fields = {"who": who, "what": what, "seconds": text("{n}", n=f"{seconds:.0f}")}
    return Observation("start-stands-still", fields, (*waits.lines(found[1:]), *last_lines(log)))


def of_slowness(seconds: float, log: Iterable[str]) -> Observation:
    """It moves, and has not come to an end in time."""
    return Observation("start-too-slow", {"seconds": text("{n}", n=f"{seconds:.0f}")}, last_lines(log))


def last_lines(log: Iterable[str]) -> tuple[Text, ...]:
    """The last lines of a log that are no frames of a stack, the oldest first."""
    telling = [line.strip() for line in without_keys(log) if not _NOISE.match(line)]
    return tuple(
        text("the log ends: {line}", line=scrub(line)[:_LONGEST]) for line in telling[-_MOST_LINES:]
    )
