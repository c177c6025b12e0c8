"""The bench of the self-test: off and on side by side, a sentence for each chart, what was the limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor import __version__
from tritondoctor.examination.report import now
from tritondoctor.reports import chart_console, chart_svg
from tritondoctor.reports.html_parts import document, section, table, text
from tritondoctor.reports.layout import Line, columns, wrapped
from tritondoctor.reports.picture import Picture, Series, short
from tritondoctor.selftest.model import Bench, Load
from tritondoctor.support.messages import _, plural

#: two throughputs that differ less are equal; the windows are short
_EQUAL = 0.15
_GENERATOR_FULL, _MACHINE_FULL = 0.85, 1.5


def lines(bench: Bench, width: int, *, blocks: bool) -> Iterator[Line]:
    """The bench in a terminal."""
    for sentence in explanation(bench):
        yield from wrapped(sentence, "  ", width, hang=True)
    for instances in _instance_counts(bench):
        yield "", ""
        yield from _table(bench, instances)
    yield "", ""
    for picture in pictures(bench):
        yield from chart_console.lines(picture, width, blocks=blocks)
    for sentence in limits(bench):
        yield from wrapped(sentence, "  ", width, "yellow", hang=True)


def explanation(bench: Bench) -> Iterator[str]:
    """What was measured, and why a request takes longer than a call alone."""
    yield _("Under load, {seconds} s each: {what}", seconds=f"{bench.seconds_each:g}", what=bench.what)
    first = next((load for load in bench.loads if load.clients == 1), None)
    if bench.call_ms and first is not None:
        yield _(
            "Alone a call takes {call} ms. A request of one client takes {request} ms (p50): PyTriton, "
            "HTTP and whatever else runs here make the difference.",
            call=short(bench.call_ms), request=short(first.p50),
        )  # fmt: skip


def limits(bench: Bench) -> Iterator[str]:
    """Where the generator or the machine is the limit."""
    if bench.generator_cpu >= _GENERATOR_FULL:
        yield _(
            "The load generator used {part} of a core: it may be the limit, not PyTriton.",
            part=f"{bench.generator_cpu:.0%}",
        )  # fmt: skip
    if bench.cores and bench.load_average > _MACHINE_FULL * bench.cores:
        yield plural(
            "The machine is the limit: {count} core, load average {load}.",
            "The machine is the limit: {count} cores, load average {load}.",
            bench.cores, load=f"{bench.load_average:.1f}",
        )  # fmt: skip


def pictures(bench: Bench) -> Iterator[Picture]:
    """Throughput over clients, instances side by side, latency over throughput."""
    off, on = _of(bench, False, 1), _of(bench, True, 1)
    sentence = _batching_sentence(bench.ratio)
    sides = (_rates(_("batching off"), off), _rates(_("batching on"), on))
    yield Picture(_("Throughput over clients"), sentence, "lines", _("clients"), _("requests/s"), sides)
    counts = _instance_counts(bench)
    series = tuple(
        _rates(plural("{count} instance", "{count} instances", count), _of(bench, True, count))
        for count in counts
    )
    yield Picture(
        _("Instances side by side, batching on"), _instances_sentence(bench, counts), "lines",
        _("clients"), _("requests/s"), series,
    )  # fmt: skip
    curves = tuple(
        Series(name, tuple((load.per_second, load.p95) for load in loads))
        for name, loads in ((_("batching off"), off), (_("batching on"), on))
    )
    yield Picture(
        _("Latency over throughput"), _latency_sentence(off, on), "curve", _("requests/s"), _("p95 ms"),
        curves,
    )  # fmt: skip


def _batching_sentence(ratio: float) -> str:
    if ratio > 1 + _EQUAL:
        return _(
            "Dynamic batching serves {ratio} times as many requests (1 instance).", ratio=f"{ratio:.1f}"
        )
    if ratio < 1 - _EQUAL:
        return _("Dynamic batching serves fewer requests here: {part}.", part=f"{ratio:.0%}")
    return _("Dynamic batching makes no difference here.")


def _instances_sentence(bench: Bench, counts: Sequence[int]) -> str:
    if len(counts) < 2:
        return _("Only one number of instances was measured.")
    least, most = _best(_of(bench, True, counts[0])), _best(_of(bench, True, counts[-1]))
    ratio = most / least if least else 0.0
    if ratio > 1 + _EQUAL:
        return plural(
            "{count} instance serves {factor} times as many as {least}.",
            "{count} instances serve {factor} times as many as {least}.",
            counts[-1], factor=f"{ratio:.1f}", least=counts[0],
        )  # fmt: skip
    return plural(
        "{count} instance does not help: {cores} cores, load {load}.",
        "{count} instances do not help: {cores} cores, load {load}.",
        counts[-1], cores=bench.cores, load=f"{bench.load_average:.1f}",
    )  # fmt: skip


def _latency_sentence(off: Sequence[Load], on: Sequence[Load]) -> str:
    if not off or not on:
        return _("Nothing was measured.")
    return _(
        "With {clients} clients the p95 is {off} ms with batching off and {on} ms with it on.",
        clients=on[-1].clients, off=short(off[-1].p95), on=short(on[-1].p95),
    )  # fmt: skip


def _of(bench: Bench, batching: bool, instances: int) -> list[Load]:
    return [load for load in bench.loads if load.batching is batching and load.instances == instances]


def _instance_counts(bench: Bench) -> list[int]:
    return sorted({load.instances for load in bench.loads})


def _best(loads: Sequence[Load]) -> float:
    return max((load.per_second for load in loads), default=0.0)


def _rates(name: str, loads: Sequence[Load]) -> Series:
    return Series(name, tuple((float(load.clients), load.per_second) for load in loads))


#: the columns of the table of one number of instances: head, and its width
_WIDTHS = (7, 9, 9, 6, 10, 10, 10)


def _heads() -> tuple[str, ...]:
    return (
        _("clients"), _("off/s"), _("on/s"), _("times"), _("off p95"), _("on p95"), _("rows/call"),
    )  # fmt: skip


def _rows(bench: Bench, instances: int) -> Iterator[tuple[str, ...]]:
    """The cells of each row; times are ms."""
    off = {load.clients: load for load in _of(bench, False, instances)}
    for on in _of(bench, True, instances):
        beside: Optional[Load] = off.get(on.clients)
        if beside is not None:
            yield (
                str(on.clients), short(beside.per_second), short(on.per_second),
                f"{on.per_second / max(beside.per_second, 1e-9):.1f}", short(beside.p95), short(on.p95),
                f"{on.mean_batch:.1f}",
            )  # fmt: skip


def _table(bench: Bench, instances: int) -> Iterator[Line]:
    yield f"  {_title(instances)}", "bold"
    heads, *rows = columns([_heads(), *_rows(bench, instances)], _WIDTHS)
    yield f"  {heads}", "dim"
    yield from ((f"  {row}", "") for row in rows)


def _title(instances: int) -> str:
    return plural(
        "Batching off and on, {count} instance", "Batching off and on, {count} instances", instances
    )


def page(bench: Bench) -> str:
    """The bench on a page of its own."""
    return document(_("PyTriton under load"), _parts(bench))


def _parts(bench: Bench) -> Iterator[str]:
    shown = list(pictures(bench))
    yield f'<header class="verdict info"><h1>{text(shown[0].sentence)}</h1>'
    for sentence in (*explanation(bench), *limits(bench)):
        yield f"<p>{text(sentence)}</p>"
    yield f'<p class="soft">{text(now())}</p></header>'
    yield f'{section(_("Pictures"))}<div class="charts">'
    for picture in shown:
        yield chart_svg.figure(picture)
    yield "</div>"
    for instances in _instance_counts(bench):
        yield section(_title(instances))
        yield table("", *_heads())
        for row in _rows(bench, instances):
            yield "<tr>" + "".join(f'<td class="number">{text(cell)}</td>' for cell in row) + "</tr>"
        yield "</table></div>"
    yield f"<footer><p>tritondoctor {text(__version__)}</p></footer>"
