"""What a person reads of a log: the cause with its lines, what followed, what is harmless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from tritondoctor import __version__
from tritondoctor.checks import CATALOGUE
from tritondoctor.examination.report import finding_json
from tritondoctor.logs.read import Hit
from tritondoctor.logs.verdict import LogVerdict, NamedCause
from tritondoctor.reports.console import broken, wrapped

SCHEMA = "tritondoctor.explain/1"
_MOST_SUSPECTS = 10


def show(source: str, result: LogVerdict, console: Console) -> None:
    """Prints it; fits any width, and says the same without colour."""
    with console.capture() as captured:
        for line, style in _lines(source, result, min(console.width, 100)):
            console.print(Text(line, style=style), soft_wrap=True)
    console.file.write(captured.get())


def as_json(source: str, result: LogVerdict) -> dict[str, Any]:
    """One object, with the ids of the checks."""
    log = result.log
    return {
        "schema": SCHEMA,
        "version": __version__,
        "source": source,
        "verdict": result.verdict,
        "lines": log.lines,
        "complete": log.complete,
        "findings": [
            {
                **finding_json(told.finding),
                "role": "cause" if told.first else "also",
                "by_hand": by_hand(told.finding.id),
                "others": list(told.others),
                "lines": [{"number": number, "text": text} for number, text in told.lines],
            }
            for told in result.causes
        ],
        "effects": [_hit_json(hit) for hit in result.effects],
        "harmless": [_hit_json(hit) for hit in result.harmless],
        "model_loaded_at_line": result.healthy_line,
        "looks_like_errors": [
            {"number": number, "text": text} for number, text in log.suspects[:_MOST_SUSPECTS]
        ],
    }


def by_hand(id: str) -> str:
    """The cure as the finding's page tells it."""
    return CATALOGUE[id].by_hand.replace("{{", "{").replace("}}", "}")


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {"number": hit.number, "text": hit.seen.line, "id": hit.seen.id or None, "why": hit.seen.why}


def _lines(source: str, result: LogVerdict, width: int) -> Iterator[tuple[str, str]]:
    lines = "1 line" if result.log.lines == 1 else f"{result.log.lines:,} lines"
    yield f"tritondoctor: {source}, {lines}", "bold"
    yield "", ""
    for told in result.causes:
        yield from _told(told, width)
        yield "", ""
    if result.effects:
        yield (
            "Followed from it:" if result.causes else "Something failed; these lines do not say why:",
            "",
        )
        for hit in result.effects:
            yield from _quoted(hit.number, hit.seen.line, width)
            if not result.causes:
                yield from wrapped(hit.seen.why, "          ", width, "dim")
        yield "", ""
    if result.harmless:
        yield "Harmless, however it looks:", ""
        for why in dict.fromkeys(hit.seen.why for hit in result.harmless):
            for hit in result.harmless:
                if hit.seen.why == why:
                    yield from _quoted(hit.number, hit.seen.line, width)
            yield from wrapped(why, "          ", width, "dim")
        yield "", ""
    if not result.causes and result.log.suspects:
        yield "These lines look like errors, and are not known:", ""
        for number, text in result.log.suspects[:_MOST_SUSPECTS]:
            yield from _quoted(number, text, width)
        more = result.log.suspects_in_all - _MOST_SUSPECTS
        if more > 0:
            yield f"      and {more:,} more", "dim"
        yield "", ""
    yield from _verdict(result, width)


def _told(told: NamedCause, width: int) -> Iterator[tuple[str, str]]:
    mark, word = ("[x]", "cause") if told.first else ("[!]", "also")
    style = "bold red" if told.first else "yellow"
    yield from wrapped(f"{mark} {word}: {told.finding.title}", "    ", width, style, hang=True)
    for number, line in told.lines:
        yield from _quoted(number, line, width)
    yield from wrapped(str(told.finding.explanation), "    ", width, "")
    yield from wrapped(f"What to do: {by_hand(told.finding.id)}", "    ", width, "green")
    if told.others:
        words = f"It may as well be {' or '.join(told.others)}; `tritondoctor check` tells them apart."
        yield from wrapped(words, "    ", width, "")
    yield f"    ({told.finding.id})", "dim"


def _quoted(number: int, line: str, width: int) -> Iterator[tuple[str, str]]:
    for count, part in enumerate(broken(f"line {number}: {line}", width - 8)):
        yield ("        " if count else "      ") + part, "dim"


def _verdict(result: LogVerdict, width: int) -> Iterator[tuple[str, str]]:
    healthy = result.healthy_line
    if result.causes:
        first = result.causes[0]
        yield f"A fault is recognised, at line {first.lines[0][0]}: {first.finding.id}.", "bold red"
        last = max(number for told in result.causes for number, _ in told.lines)
        if healthy is not None and healthy > last:
            yield f"Later, at line {healthy}, a model was loaded: it may be cured since.", ""
        yield f"More on it: tritondoctor explain {first.finding.id}", ""
    elif result.verdict == "healthy":
        yield f"This is the log of a start that works (line {healthy}).", "bold green"
    else:
        if healthy is not None:
            words = f"A model was loaded (line {healthy}), but not all of the log is understood."
        else:
            words = "Nothing here names a cause that is known, and nothing says that a model was loaded."
        yield from wrapped(words, "", width, "bold yellow", hang=True)
        yield from wrapped(
            "If the log is cut, give all of it; where PyTriton still runs, `tritondoctor selftest` reads "
            "its own.", "", width, "", hang=True,
        )  # fmt: skip
    if not result.log.complete:
        yield from wrapped(
            "The log holds too many different lines; not all of them were compared.", "", width,
            "yellow", hang=True,
        )  # fmt: skip
