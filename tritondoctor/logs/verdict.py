"""Choose one cause from the recognised lines; list its effects and the harmless lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Optional

from tritondoctor.checks import Finding
from tritondoctor.logs.finding import finding
from tritondoctor.logs.read import Hit, Log

_MOST_LINES = 5
_MOST_TOLD = 8
_LONGEST = 400


class NamedCause(NamedTuple):
    """A finding and the lines that name it; `first`: it is the cause, or one of `others` is."""

    first: bool
    finding: Finding
    lines: tuple[tuple[int, str], ...]
    others: tuple[str, ...]


class LogVerdict(NamedTuple):
    """The verdict on a log; `healthy_line` is the last line that reports a loaded model."""

    log: Log
    verdict: Literal["fault", "healthy", "unknown"]
    causes: tuple[NamedCause, ...]
    effects: tuple[Hit, ...]
    harmless: tuple[Hit, ...]
    healthy_line: Optional[int]

    def exit_code(self) -> int:
        """Return 1 for a fault, 0 for a start that works, 3 if the log does not tell."""
        return {"fault": 1, "healthy": 0, "unknown": 3}[self.verdict]


def explain(log: Log) -> LogVerdict:
    """Return the verdict on a log."""
    of = {role: [hit for hit in log.hits if hit.seen.role == role]
          for role in ("cause", "effect", "harmless", "healthy")}  # fmt: skip
    causes = _causes(of["cause"])
    healthy = of["healthy"][-1].number if of["healthy"] else None
    verdict: Literal["fault", "healthy", "unknown"] = "unknown"
    if causes:
        verdict = "fault"
    elif healthy is not None and log.complete and healthy > _last_trouble(of["effect"], log):
        verdict = "healthy"
    return LogVerdict(
        log, verdict, causes, _unlike(of["effect"]), _unlike(of["harmless"]), healthy
    )  # fmt: skip


def _last_trouble(effects: Sequence[Hit], log: Log) -> int:
    return max((*(hit.number for hit in effects), *(number for number, _ in log.suspects)), default=0)


def _causes(hits: Sequence[Hit]) -> tuple[NamedCause, ...]:
    """List the first conclusive cause, then the others in the log's order, each id once."""
    if not hits:
        return ()
    first = next((hit for hit in hits if hit.seen.plain or hit.seen.ends), hits[0])
    ids = dict.fromkeys([first.seen.id, *(hit.seen.id for hit in hits)])
    causes = []
    for id in ids:
        own = [hit for hit in hits if hit.seen.id == id]
        own = [hit for hit in own if hit.seen.plain] or own
        lines = tuple((hit.number, hit.seen.line[:_LONGEST]) for hit in own[:_MOST_LINES])
        made = finding(id, own[0].seen.fields)
        causes.append(NamedCause(id == first.seen.id, made, lines, own[0].seen.others))
    return tuple(causes)


def _unlike(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the first of each kind."""
    kinds = {(hit.seen.id, hit.seen.why): hit for hit in reversed(hits)}
    return tuple(sorted(kinds.values(), key=lambda hit: hit.number)[:_MOST_TOLD])
