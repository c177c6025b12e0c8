"""A race on one page: the answer, the charts, the figures.  No scripts, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor import __version__
from tritondoctor.examination.report import now
from tritondoctor.reports import chart_svg, tune_pictures, tune_words
from tritondoctor.reports.html_parts import SIGNS, commands, document, section, table, text
from tritondoctor.reports.picture import short
from tritondoctor.support.messages import _
from tritondoctor.tuning.model import ContenderFigures, TuneResult


def render(result: TuneResult) -> str:
    """The page."""
    title = tune_words.verdict(result)
    return document(title, [*_head(result, title), *_charts(result), *_figures(result), *_foot(result)])


def _head(result: TuneResult, title: str) -> Iterator[str]:
    state = "ok" if result.recommended is not None else "warn"
    yield f'<header class="verdict {state}"><h1>{SIGNS[state]} {text(title)}</h1>'
    for sentence in tune_words.reasons(result):
        yield f"<p>{text(sentence)}</p>"
    paste = tune_words.lines_to_paste(result)
    if paste:
        yield commands(paste)
    yield f'<p class="soft">{text(tune_words.raced(result))} {text(now())}</p></header>'


def _charts(result: TuneResult) -> Iterator[str]:
    yield f'{section(_("Pictures"))}<div class="charts">'
    for picture in tune_pictures.pictures(result):
        yield chart_svg.figure(picture)
    yield "</div>"


def _figures(result: TuneResult) -> Iterator[str]:
    if result.configurations:
        yield section(_("All configurations"))
        words = _("Medians of the rounds, at the number of clients where each serves most")
        yield f'<p class="soft">{text(words)}</p>'
        yield table(
            "",
            "", _("batch"), _("delay ms"), _("instances"), _("threads"), _("requests/s"), "p50 ms",
            "p95 ms", "p99 ms", _("clients"), _("rounds"),
        )  # fmt: skip
        for contender in result.configurations:
            yield _row(result, contender)
        yield "</table></div>"
    yield section(_("Where the time goes"))
    yield f"<p>{text(tune_words.spending_sentence(result))}</p>"
    yield table("", _("part of a mean request"), "ms")
    for name, ms in tune_words.spending(result):
        yield f'<tr><td>{text(name)}</td><td class="number">{short(ms)}</td></tr>'
    yield "</table></div>"
    if result.open_loop:
        yield from _open_loop(result)
    for failed in result.failed:
        yield f'<section class="card warning"><p>{text(tune_words.died(failed))}</p></section>'


def _row(result: TuneResult, contender: ContenderFigures) -> str:
    words = []
    if contender == result.recommended:
        words.append(_("recommended"))
    elif contender in result.equal:
        words.append(_("equal"))
    if contender == result.default:
        words.append(_("default"))
    numbers = (
        str(contender.max_batch_size), f"{contender.delay_us / 1000:g}", str(contender.instances),
        str(contender.threads or "–"), short(contender.requests_per_second), short(contender.p50),
        short(contender.p95), short(contender.p99), str(contender.clients), str(contender.rounds),
    )  # fmt: skip
    cells = "".join(f'<td class="number">{text(number)}</td>' for number in numbers)
    best = ' class="best"' if contender == result.recommended else ""
    return f"<tr{best}><td>{text(', '.join(words))}</td>{cells}</tr>"


def _open_loop(result: TuneResult) -> Iterator[str]:
    yield section(_("Requests that do not wait for each other"))
    yield f'<p class="soft">{text(_("Latency from the intended send time"))}</p>'
    yield table(
        "",
        _("configuration"), _("due/s"), _("answered/s"), "p50 ms", "p95 ms", "p99 ms",
    )  # fmt: skip
    for load in result.open_loop:
        numbers = (load.rate, load.requests_per_second, load.p50, load.p95, load.p99)
        cells = "".join(f'<td class="number">{short(number)}</td>' for number in numbers)
        yield f"<tr><td>{text(tune_words.described(load.configuration))}</td>{cells}</tr>"
    yield "</table></div>"


def _foot(result: TuneResult) -> Iterator[str]:
    around = result.surroundings
    words = _(
        "{cores} cores, load average {before} before and {after} after; {seconds} s.",
        cores=around.cores, before=around.load_before, after=around.load_after,
        seconds=f"{result.seconds:.0f}",
    )  # fmt: skip
    yield f"<footer><p>tritondoctor {text(__version__)}; {text(words)}</p></footer>"
