"""What a person reads of a log: the cause with its lines, what followed, what is harmless."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from rich.console import Console

from tritondoctor import __version__
from tritondoctor.checks import CATALOGUE
from tritondoctor.examination.report import finding_json
from tritondoctor.logs.read import Hit
from tritondoctor.logs.verdict import LogVerdict, NamedCause
from tritondoctor.reports.catalogue import in_words
from tritondoctor.reports.console import learn_more
from tritondoctor.reports.layout import Line, broken, print_lines, width_of, wrapped
from tritondoctor.reports.page import unbraced
from tritondoctor.support import detail
from tritondoctor.support.invocation import NAME
from tritondoctor.support.messages import Quoted, _, plural

SCHEMA = "tritondoctor.explain/1"
_MOST_SUSPECTS = 10
#: who gives one line has read the rest
_FEW_LINES = 3


def show(source: str, result: LogVerdict, console: Console) -> None:
    """Print it; it fits any width, and says the same without colour."""
    print_lines(console, _lines(source, result, width_of(console)))


def conclusion(result: LogVerdict) -> Iterator[Line]:
    """The cause and its line, or that there is none."""
    return islice(_verdict(result, sys.maxsize), 1)


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
                **finding_json(cause.finding),
                "role": "cause" if cause.first else "also",
                "by_hand": by_hand(cause),
                "others": list(cause.others),
                "lines": [{"number": number, "text": text} for number, text in cause.lines],
            }
            for cause in result.causes
        ],
        "effects": [_hit_json(hit) for hit in result.effects],
        "harmless": [_hit_json(hit) for hit in result.harmless],
        "overcome": [_hit_json(hit) for hit in result.overcome],
        "model_loaded_at_line": result.healthy_line,
        "looks_like_errors": [
            {"number": number, "text": text} for number, text in log.suspects[:_MOST_SUSPECTS]
        ],
    }


def by_hand(cause: NamedCause) -> str:
    """The repair by hand: what the line tells, else that of the finding's page."""
    fix = _(cause.fix) if cause.fix else unbraced(_(CATALOGUE[cause.finding.id].by_hand))
    return f"{fix} {cause.command}" if cause.command else fix


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {"number": hit.number, "text": hit.seen.line, "id": hit.seen.id or None, "why": hit.seen.why}


def _lines(source: str, result: LogVerdict, width: int) -> Iterator[Line]:
    lines = plural("{count:,} line", "{count:,} lines", result.log.lines)
    yield f"tritondoctor: {source}, {lines}", "bold"
    yield "", ""
    for cause in result.causes:
        yield from _cause(cause, width)
        yield "", ""
    yield from _effects(result, width)
    yield from _harmless(result.harmless, width)
    yield from _overcome(result, width)
    if not result.causes:
        yield from _suspects(result, width)
    yield from _verdict(result, width)


def _cause(cause: NamedCause, width: int) -> Iterator[Line]:
    if cause.first:
        head, style = f"[x] {_('cause: {title}', title=cause.finding.title)}", "bold red"
    else:
        head, style = f"[!] {_('also: {title}', title=cause.finding.title)}", "yellow"
    yield from wrapped(head, "    ", width, style, hang=True)
    for number, line in cause.lines:
        yield from _quoted(number, line, width)
    yield from wrapped(str(cause.finding.explanation), "    ", width)
    fix = by_hand(cause).removesuffix(f" {cause.command}")
    yield from wrapped(_("Fix: {cure}", cure=fix), "    ", width, "green")
    if cause.command:
        yield f"      {cause.command}", "green"  # in one line, to be copied
    if cause.unsure:
        yield from wrapped(_("It is one of these:"), "    ", width)
        yield from _titled((cause.finding.id, *cause.others), cause, width)
        return
    yield f"    ({cause.finding.id})", "dim"
    if cause.others:
        yield from _alternatives(cause, width)


def _alternatives(cause: NamedCause, width: int) -> Iterator[Line]:
    if all("check" in CATALOGUE[id].seen_by for id in cause.others):
        line = _("It is possibly something else (`tritondoctor check` can tell):")
    else:
        line = _("It is possibly something else (`tritondoctor explain ID` says what that is):")
    yield from wrapped(line, "    ", width)
    yield from _titled(cause.others, cause, width)


def _titled(ids: Sequence[str], cause: NamedCause, width: int) -> Iterator[Line]:
    known = cause.finding.explanation.strings() if cause.unsure else {}
    for id in ids:
        line = _("{title} ({id})", title=in_words(_(CATALOGUE[id].title), known), id=id)
        yield from wrapped(f"    - {line}", "      ", width, hang=True)


def _effects(result: LogVerdict, width: int) -> Iterator[Line]:
    if not result.effects:
        return
    telling = [hit for hit in result.effects if hit.seen.tells]
    silent = [hit for hit in result.effects if not hit.seen.tells]
    if telling:
        yield (_("This failed, too:") if result.causes else _("What failed, and what helps:")), ""
        yield from _effect_lines(telling, width, explained=True)
    if silent and (result.causes or telling):
        yield _("As a consequence:"), ""
        yield from _effect_lines(silent, width, explained=False)
    elif silent:
        line = plural(
            "Something failed, but this line does not say why:",
            "Something failed, but these lines do not say why:", len(silent),
        )  # fmt: skip
        yield line, ""
        yield from _effect_lines(silent, width, explained=True)


def _effect_lines(hits: Sequence[Hit], width: int, *, explained: bool) -> Iterator[Line]:
    for hit in hits:
        yield from _quoted(hit.number, hit.seen.line, width)
        if explained:
            yield from wrapped(_(hit.seen.why), "          ", width, "" if hit.seen.tells else "dim")
    yield "", ""


def _harmless(hits: Sequence[Hit], width: int) -> Iterator[Line]:
    if not hits:
        return
    yield _("Harmless, although it looks like an error:"), ""
    for why in dict.fromkeys(hit.seen.why for hit in hits):
        for hit in hits:
            if hit.seen.why == why:
                yield from _quoted(hit.number, hit.seen.line, width)
        yield from wrapped(_(why), "          ", width, "dim")
    yield "", ""


def _overcome(result: LogVerdict, width: int) -> Iterator[Line]:
    if not result.overcome:
        return
    yield _("It did not keep PyTriton from serving (a model was loaded after it):"), ""
    for hit in result.overcome:
        yield from _quoted(hit.number, hit.seen.line, width)
        yield f"          ({hit.seen.id})", "dim"
    yield "", ""


def _suspects(result: LogVerdict, width: int) -> Iterator[Line]:
    if not result.log.suspects:
        return
    yield _("These lines look like errors, but tritondoctor does not know them:"), ""
    suspects = result.log.suspects[: detail.most(_MOST_SUSPECTS)]
    for number, text in suspects:
        yield from _quoted(number, text, width)
    more = result.log.suspects_in_all - len(suspects)
    if more > 0:
        yield f"      {_('and {count:,} more', count=more)}", "dim"
    yield "", ""


def _quoted(number: int, line: str, width: int) -> Iterator[Line]:
    text = _("line {number}: {text}", number=number, text=Quoted(line))
    for count, part in enumerate(broken(text, width - 8)):
        yield ("        " if count else "      ") + part, "dim"


def _verdict(result: LogVerdict, width: int) -> Iterator[Line]:
    if result.causes:
        yield from _fault(result, width)
    elif result.verdict == "healthy":
        line = _("This is the log of a start that works (line {number}).", number=result.healthy_line)
        yield line, "bold green"
    else:
        yield from _unknown(result, width)
    if not result.log.complete:
        line = _("The log has too many different lines; not all of them were compared.")
        yield from wrapped(line, "", width, "yellow")


def _fault(result: LogVerdict, width: int) -> Iterator[Line]:
    first = result.causes[0]
    number, ids = first.lines[0][0], (first.finding.id, *first.others)
    if first.unsure:
        line = _("Line {number} shows a fault: {ids}.", number=number, ids=_(" or ").join(ids))
    else:
        line = _("Cause found at line {number}: {id}.", number=number, id=first.finding.id)
    yield from wrapped(line, "", width, "bold red")
    last = max(number for cause in result.causes for number, _text in cause.lines)
    healthy = result.healthy_line
    if healthy is not None and healthy > last:
        yield _("A model was loaded later, at line {number}: it may be fixed.", number=healthy), ""
    if first.unsure:
        yield _("Which one it is: {command}", command=f"{NAME} check"), ""
    else:
        yield learn_more(first.finding.id, NAME), ""  # the same wherever the log is read


def _client(result: LogVerdict, width: int) -> Iterator[Line]:
    line = _(
        "The start worked: a model was loaded (line {number}). A client failed (line {client}).",
        number=result.healthy_line, client=result.client_line,
    )  # fmt: skip
    yield from wrapped(line, "", width, "bold yellow")
    line = _(
        "Run `tritondoctor check` in the shell that the client was started in: it shows a proxy that "
        "gRPC obeys, and names that do not resolve."
    )
    yield from wrapped(line, "", width)


def _unknown(result: LogVerdict, width: int) -> Iterator[Line]:
    if result.client_line is not None:
        yield from _client(result, width)
        return
    if result.healthy_line is not None:
        line = _(
            "A model was loaded (line {number}), but not all of the log is understood.",
            number=result.healthy_line,
        )
    else:
        line = _("The log names no known cause, and does not say that a model was loaded.")
    yield from wrapped(line, "", width, "bold yellow")
    line = _(
        "Run `tritondoctor check` in the environment and the shell that PyTriton was started in: it "
        "names most causes within a second, without a log. `tritondoctor selftest` starts PyTriton "
        "there and reads its whole log."
    )
    yield from wrapped(line, "", width)
    if result.log.lines > _FEW_LINES:
        yield from wrapped(_("If this log is cut, give all of it."), "", width)
