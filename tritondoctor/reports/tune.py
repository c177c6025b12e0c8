"""A race as a person reads it in a terminal: the answer, the figures, the charts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from tritondoctor.reports import chart_console, tune_pictures, tune_words
from tritondoctor.reports.layout import Line, columns, padded, print_lines, width_of, wrapped
from tritondoctor.reports.picture import short
from tritondoctor.support.messages import _, mark
from tritondoctor.tuning.model import ContenderFigures, TuneResult

_SPENT_COLUMN, _BAR = 24, 30
#: the columns of the table, each with its least width; the threads are shown where they were raced
_WIDTHS = {
    mark("batch"): 6, mark("delay"): 6, mark("inst"): 4, mark("threads"): 7, mark("clients"): 7,
    mark("requests/s"): 10, "p50": 7, "p95": 7, "p99 ms": 7, mark("rounds"): 6,
}  # fmt: skip


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
    threaded = any(contender.threads is not None for contender in result.configurations)
    shown = [column for column, name in enumerate(_WIDTHS) if threaded or name != "threads"]
    cells = [[row[column] for column in shown] for row in _cells(result)]
    heads, *rows = columns(cells, [list(_WIDTHS.values())[column] for column in shown])
    yield f"   {heads}", "dim"
    for contender, row in zip(result.configurations, rows):
        style = "bold" if contender == result.recommended else ""
        yield f" {_marks(result, contender)}{row}", style
    yield from wrapped(
        _("* recommended, = equal within the noise, d PyTriton's default. Each at the number of clients "
        "where it serves most; delay and latencies in ms."), "  ", width, "dim",
    )  # fmt: skip
    yield "", ""


def _marks(result: TuneResult, contender: ContenderFigures) -> str:
    mark = "*" if contender == result.recommended else "=" if contender in result.equal else " "
    return mark + ("d" if contender == result.default else " ")


def _cells(result: TuneResult) -> Iterator[tuple[str, ...]]:
    """The heads and the rows."""
    yield tuple(map(_, _WIDTHS))
    for contender in result.configurations:
        yield (
            str(contender.max_batch_size), f"{contender.delay_us / 1000:g}", str(contender.instances),
            str(contender.threads or "-"), str(contender.clients), short(contender.requests_per_second),
            short(contender.p50), short(contender.p95), short(contender.p99), str(contender.rounds),
        )  # fmt: skip


def _spent(result: TuneResult, width: int, blocks: bool) -> Iterator[Line]:
    parts = list(tune_words.spending(result))
    yield _("Where the time goes"), "bold"
    yield from wrapped(f"  {tune_words.spending_sentence(result)}", "  ", width, hang=True)
    most = max((ms for _name, ms in parts), default=0.0)
    for name, ms in parts:
        drawn = chart_console.bar(ms, most, min(_BAR, width - _SPENT_COLUMN - 16), blocks=blocks)
        yield f"  {padded(name, _SPENT_COLUMN)} {short(ms):>7} ms {drawn}", ""
    yield "", ""


def _open_loop(result: TuneResult, width: int) -> Iterator[Line]:
    if not result.open_loop:
        return
    yield _("Requests that do not wait for each other"), "bold"
    note = _("Latencies count from the intended send time.")
    yield from wrapped(f"  {note}", "  ", width, hang=True)
    for configuration in dict.fromkeys(load.configuration for load in result.open_loop):
        yield from wrapped(f"  {tune_words.described(configuration)}", "  ", width, hang=True)
        loads = [load for load in result.open_loop if load.configuration == configuration]
        heads, *rows = columns(
            [
                (_("due/s"), _("answered/s"), "p50", "p95", "p99 ms"),
                *(
                    tuple(map(short, (load.rate, load.requests_per_second, load.p50, load.p95, load.p99)))
                    for load in loads
                ),
            ],
            (8, 10, 7, 7, 7),
        )
        yield f"    {heads}", "dim"
        yield from ((f"    {row}", "") for row in rows)
    yield "", ""
