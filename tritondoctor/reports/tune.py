"""A race as a person reads it in a terminal: the answer, the figures, the charts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from tritondoctor.reports import chart_console, tune_pictures, tune_words
from tritondoctor.reports.layout import Line, print_lines, width_of, wrapped
from tritondoctor.reports.picture import short
from tritondoctor.support.messages import _
from tritondoctor.tuning.model import ContenderFigures, TuneResult

_SPENT_COLUMN, _BAR = 24, 30


def show(result: TuneResult, console: Console) -> None:
    """Print the result; it fits any width."""
    blocks = (console.encoding or "").lower().startswith("utf")
    print_lines(console, lines(result, width_of(console), blocks=blocks))


def conclusion(result: TuneResult) -> Iterator[Line]:
    """What is recommended."""
    style = "bold green" if result.recommended is not None else "bold yellow"
    yield tune_words.verdict(result), style


def lines(result: TuneResult, width: int, *, blocks: bool) -> Iterator[Line]:
    """The lines, with their styles."""
    for words, style in conclusion(result):
        yield from wrapped(words, "  ", width, style, hang=True)
    for sentence in tune_words.reasons(result):
        yield from wrapped(f"  {sentence}", "  ", width, hang=True)
    yield "", ""
    paste = tune_words.lines_to_paste(result)
    if paste:
        yield _("In bind(...):"), "bold"
        for line in paste:
            yield f"    {line}", "green"
        yield "", ""
    yield from _table(result, width)
    yield from _spent(result, width, blocks)
    yield from _open_loop(result, width)
    for picture in tune_pictures.pictures(result):
        yield from chart_console.lines(picture, width, blocks=blocks)
    for failed in result.failed:
        yield from wrapped(tune_words.died(failed), "  ", width, "yellow", hang=True)
    words = _(
        "{raced} It took {seconds} s.", raced=tune_words.raced(result), seconds=f"{result.seconds:.0f}"
    )
    yield from wrapped(words, "  ", width, "dim", hang=True)


def _table(result: TuneResult, width: int) -> Iterator[Line]:
    if not result.configurations:
        return
    threads = any(contender.threads is not None for contender in result.configurations)
    heads = f"{_('batch'):>7} {_('delay'):>6} {_('inst'):>4}"
    heads += f" {_('threads'):>7}" if threads else ""
    heads += f" {_('clients'):>7}"
    yield f"  {heads} {_('requests/s'):>10} {'p50':>7} {'p95':>7} {'p99 ms':>7} {_('rounds'):>6}", "dim"
    for contender in result.configurations:
        yield _row(result, contender, threads), "bold" if contender == result.recommended else ""
    yield from wrapped(
        _("* recommended, = equal within the noise, d PyTriton's default. Each at the number of clients "
        "where it serves most; delay and latencies in ms."), "  ", width, "dim",
    )  # fmt: skip
    yield "", ""


def _row(result: TuneResult, contender: ContenderFigures, threads: bool) -> str:
    mark = "*" if contender == result.recommended else "=" if contender in result.equal else " "
    default = "d" if contender == result.default else " "
    row = f"{contender.max_batch_size:>6} {contender.delay_us / 1000:>6g} {contender.instances:>4}"
    row += f" {contender.threads or '-':>7}" if threads else ""
    row += f" {contender.clients:>7}"
    figures = "".join(f" {short(number):>7}" for number in (contender.p50, contender.p95, contender.p99))
    return (
        f" {mark}{default}{row} {short(contender.requests_per_second):>10}{figures} {contender.rounds:>6}"
    )


def _spent(result: TuneResult, width: int, blocks: bool) -> Iterator[Line]:
    parts = list(tune_words.spending(result))
    yield _("Where the time goes"), "bold"
    yield from wrapped(f"  {tune_words.spending_sentence(result)}", "  ", width, hang=True)
    most = max((ms for _name, ms in parts), default=0.0)
    for name, ms in parts:
        drawn = chart_console.bar(ms, most, min(_BAR, width - _SPENT_COLUMN - 16), blocks=blocks)
        yield f"  {name:<{_SPENT_COLUMN}} {short(ms):>7} ms {drawn}", ""
    yield "", ""


def _open_loop(result: TuneResult, width: int) -> Iterator[Line]:
    if not result.open_loop:
        return
    yield _("Requests that do not wait for each other"), "bold"
    note = _("Latencies count from the intended send time.")
    yield from wrapped(f"  {note}", "  ", width, hang=True)
    for configuration in dict.fromkeys(load.configuration for load in result.open_loop):
        yield from wrapped(f"  {tune_words.described(configuration)}", "  ", width, hang=True)
        yield f"    {_('due/s'):>8} {_('answered/s'):>10} {'p50':>7} {'p95':>7} {'p99 ms':>7}", "dim"
        for load in result.open_loop:
            if load.configuration == configuration:
                figures = "".join(f" {short(number):>7}" for number in (load.p50, load.p95, load.p99))
                yield f"    {short(load.rate):>8} {short(load.requests_per_second):>10}{figures}", ""
    yield "", ""
