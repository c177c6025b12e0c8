"""Choose one cause from the recognised lines; list its effects and the harmless lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Optional

from tritondoctor.checks import Finding
from tritondoctor.logs.finding import finding
from tritondoctor.logs.read import Hit, Log
from tritondoctor.logs.signs.model import ENDED

_MOST_LINES = 5
_MOST_TOLD = 8
_LONGEST = 400
#: a line that was not recognised, and that tells of a failure by itself
_ERROR = re.compile(r"\b(?:\w*(?:Error|Exception)|[Ee]rror|ERROR|FATAL)\b(?:[\]:]|$)|\b[EF]\d{4} |rror\]")
#: the day, the time and the process of a line of tritonserver
_TIME = re.compile(r"\b[IWEF](\d{4} \d\d:\d\d:\d\d\.\d+) +(\d+) [\w.-]+:\d+\]")


class NamedCause(NamedTuple):
    """A finding and the lines that name it; `first`: it is the cause, or one of `others` is.

    `fix` is the repair by hand where the lines tell more than the finding's own; it ends with `command`.
    `unsure`: the lines do not tell which of the finding and `others` it is.
    """

    first: bool
    finding: Finding
    lines: tuple[tuple[int, str], ...]
    others: tuple[str, ...]
    fix: str = ""
    unsure: bool = False
    command: str = ""


class LogVerdict(NamedTuple):
    """The verdict on a log; `healthy_line` is the last line that reports a loaded model.

    `overcome` are lines that would name causes, had the server not loaded a model all the same.
    """

    log: Log
    verdict: Literal["fault", "healthy", "unknown"]
    causes: tuple[NamedCause, ...]
    effects: tuple[Hit, ...]
    harmless: tuple[Hit, ...]
    healthy_line: Optional[int]
    overcome: tuple[Hit, ...] = ()

    @property
    def client_line(self) -> Optional[int]:
        """The line of a client that failed beside a server that loaded its model, if no more failed."""
        if self.healthy_line is None or self.causes or self.log.suspects:
            return None
        of_clients = all(hit.seen.of_client and hit.number > self.healthy_line for hit in self.effects)
        return self.effects[0].number if self.effects and of_clients else None

    def exit_code(self) -> int:
        """Return 1 for a fault, 0 for a start that works, 4 if the log does not tell."""
        return {"fault": 1, "healthy": 0, "unknown": 4}[self.verdict]


def explain(log: Log) -> LogVerdict:
    """Return the verdict on a log."""
    of: dict[str, list[Hit]] = {}
    for hit in log.hits:
        of.setdefault(hit.seen.role, []).append(hit)
    healthy = of.get("healthy", [])
    named, effects = of.get("cause", []), of.get("effect", [])
    passed = of.get("passed", [])
    survived = [
        hit
        for hit in named
        if (not hit.seen.ends and _is_overcome(hit, healthy))
        or any(later.seen.id == hit.seen.id and later.last > hit.last for later in passed)
    ]
    overcome = survived if _in_order(log.hits) else []
    left = [hit for hit in named if hit not in overcome]
    causes = _causes(left)
    beside = _beside(effects, healthy, left) or _nothing_else(log, effects, healthy, named)
    effects = [hit for hit in effects if not beside or hit.seen.why != beside[0].fix]
    causes = (*beside, *(cause._replace(first=False) for cause in causes)) if beside else causes
    last = max((hit.last for hit in healthy), default=None)
    verdict: Literal["fault", "healthy", "unknown"] = "unknown"
    if causes:
        verdict = "fault"
    elif last is not None and log.complete and _serves(last, of, log):
        verdict = "healthy"
    return LogVerdict(
        log, verdict, causes, _unlike(effects), _unlike(of.get("harmless", [])), last, _unlike(overcome)
    )  # fmt: skip


def _is_overcome(hit: Hit, healthy: Sequence[Hit]) -> bool:
    """Whether a model was loaded after a line: the one that the line names, if it names one."""
    return any(later.last > hit.last and hit.model in ("", later.model) for later in healthy)


def _in_order(hits: Sequence[Hit]) -> bool:
    """Whether the times of each server's lines never go back: else what stands later is not later."""
    latest: dict[str, str] = {}
    for hit in hits:
        time = _TIME.search(hit.seen.line)
        if time:
            if time[1] < latest.get(time[2], ""):
                return False
            latest[time[2]] = time[1]
    return True


def _serves(loaded: int, of: Mapping[str, Sequence[Hit]], log: Log) -> bool:
    """Whether nothing went wrong after a model was loaded, until somebody stopped the server.

    A program that an exception ends stops the server too: Python prints the exception last.
    """
    end = _stopped(loaded, of)
    for hit in of.get("effect", ()):
        counts = hit.seen.ends or hit.seen.of_client or hit.last < end
        if counts and not _is_overcome(hit, of["healthy"]):
            return False
    if end < float("inf") and "begins" not in of:
        return False  # it gave up before it served
    return max(log.last_suspect, log.last_uncaught) < loaded


def _stopped(loaded: int, of: Mapping[str, Sequence[Hit]]) -> float:
    """Return the number of the line after which the log shows nothing but the end of a server."""
    stops = max((hit.last for hit in of.get("stops", ())), default=0)
    begins = max((hit.last for hit in of.get("begins", ())), default=0)
    return stops if stops > loaded and stops > begins else float("inf")


def _causes(hits: Sequence[Hit]) -> tuple[NamedCause, ...]:
    """List the first conclusive cause, then the others in the log's order, each id once."""
    if not hits:
        return ()
    first = min(hits, key=lambda hit: 2 if hit.seen.weak else 0 if hit.seen.plain or hit.seen.ends else 1)
    ids = dict.fromkeys([first.seen.id, *(hit.seen.id for hit in hits)])
    causes = []
    for id in ids:
        if id in first.seen.explains:
            continue
        own = [hit for hit in hits if hit.seen.id == id]
        own = [hit for hit in own if hit.seen.plain] or own
        lines = tuple((hit.number, hit.seen.line[:_LONGEST]) for hit in own[:_MOST_LINES])
        best = max(own, key=_details).seen
        made = finding(id, best.fields, best.unsure)
        unsure = best.unsure is not None
        causes.append(
            NamedCause(id == first.seen.id, made, lines, best.others, best.fix, unsure, best.command)
        )
    return tuple(causes)


def _beside(
    effects: Sequence[Hit], healthy: Sequence[Hit], named: Sequence[Hit]
) -> tuple[NamedCause, ...]:
    """The first failure beside PyTriton that says what helps, unless a model was loaded after it.

    It comes before no other cause but its own consequence: a program that gives up, or crashes.
    """
    telling = [hit for hit in effects if _tells(hit, healthy) and not hit.seen.weak]
    if not telling or not all(_follows(hit, telling[0]) for hit in named):
        return ()
    return _as_cause(telling)


def _nothing_else(
    log: Log, effects: Sequence[Hit], healthy: Sequence[Hit], named: Sequence[Hit]
) -> tuple[NamedCause, ...]:
    """The first weak failure, where no other line of the log says that something failed.

    A server that was not reached, for example: in the log of a client it is all that there is.
    """
    telling = [
        hit
        for hit in effects
        if _tells(hit, healthy) and hit.seen.weak and not (hit.seen.of_client and healthy)
    ]
    others = [hit for hit in effects if hit not in telling and hit.seen.why != ENDED]
    if not telling or others or named or any(_ERROR.search(text) for _, text in log.suspects):
        return ()
    return _as_cause(telling)


def _tells(hit: Hit, healthy: Sequence[Hit]) -> bool:
    return hit.seen.tells and not _is_overcome(hit, healthy)


def _as_cause(telling: Sequence[Hit]) -> tuple[NamedCause, ...]:
    first = telling[0].seen
    lines = tuple((hit.number, hit.seen.line[:_LONGEST]) for hit in telling if hit.seen.why == first.why)
    return (NamedCause(True, finding(first.id, first.fields), lines[:_MOST_LINES], (), first.why),)


def _follows(hit: Hit, failure: Hit) -> bool:
    """Whether a line says only how a program ended, after a failure."""
    signal = hit.seen.fields.get("signal", "")
    name = signal if isinstance(signal, str) else signal.template
    return name.startswith(("SIGABRT", "SIGSEGV")) and hit.number > failure.number


def _details(hit: Hit) -> int:
    """How much a line itself tells: the fields that are not the sign's own words."""
    return sum(isinstance(value, str) for value in hit.seen.fields.values())


def _unlike(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the first of each kind."""
    kinds = {(hit.seen.id, hit.seen.why): hit for hit in reversed(hits)}
    return tuple(sorted(kinds.values(), key=lambda hit: hit.number)[:_MOST_TOLD])
