"""One cause out of the lines that were recognised, what followed from it, and what means nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Optional

from tritondoctor.checks import Finding
from tritondoctor.logs.finding import finding
from tritondoctor.logs.read import Hit, Log

_MOST_LINES = 5
_MOST_TOLD = 8
_LONGEST = 400


class Told(NamedTuple):
    """A finding and the lines that speak of it; `first`: it is the cause, or one of `others` is."""

    first: bool
    finding: Finding
    lines: tuple[tuple[int, str], ...]
    others: tuple[str, ...]


class Explained(NamedTuple):
    """What a log says; `healthy_line` is the last line that tells of a model that was loaded."""

    log: Log
    verdict: Literal["fault", "healthy", "unknown"]
    causes: tuple[Told, ...]
    effects: tuple[Hit, ...]
    harmless: tuple[Hit, ...]
    healthy_line: Optional[int]

    def exit_code(self) -> int:
        """1 for a fault, 0 for a start that works, 3 where the log does not say."""
        return {"fault": 1, "healthy": 0, "unknown": 3}[self.verdict]


def explain(log: Log) -> Explained:
    """The verdict on a log."""
    of = {role: [hit for hit in log.hits if hit.seen.role == role]
          for role in ("cause", "effect", "harmless", "healthy")}  # fmt: skip
    causes = _causes(of["cause"])
    healthy = of["healthy"][-1].number if of["healthy"] else None
    verdict: Literal["fault", "healthy", "unknown"] = "unknown"
    if causes:
        verdict = "fault"
    elif healthy is not None and log.complete and healthy > _last_trouble(of["effect"], log):
        verdict = "healthy"
    return Explained(
        log, verdict, causes, _unlike(of["effect"]), _unlike(of["harmless"]), healthy
    )  # fmt: skip


def _last_trouble(effects: Sequence[Hit], log: Log) -> int:
    return max((*(hit.number for hit in effects), *(number for number, _ in log.suspects)), default=0)


def _causes(hits: Sequence[Hit]) -> tuple[Told, ...]:
    """The first line that settles it goes first, then the others in the log's order, each id once."""
    if not hits:
        return ()
    first = next((hit for hit in hits if hit.seen.plain or hit.seen.ends), hits[0])
    ids = dict.fromkeys([first.seen.id, *(hit.seen.id for hit in hits)])
    told = []
    for id in ids:
        own = [hit for hit in hits if hit.seen.id == id]
        own = [hit for hit in own if hit.seen.plain] or own
        lines = tuple((hit.number, hit.seen.line[:_LONGEST]) for hit in own[:_MOST_LINES])
        made = finding(id, own[0].seen.fields)
        told.append(Told(id == first.seen.id, made, lines, own[0].seen.others))
    return tuple(told)


def _unlike(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The first of each kind."""
    kinds = {(hit.seen.id, hit.seen.why): hit for hit in reversed(hits)}
    return tuple(sorted(kinds.values(), key=lambda hit: hit.number)[:_MOST_TOLD])
