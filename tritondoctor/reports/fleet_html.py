"""A fleet on one page: causes, the odd ones, who did not answer, cards and drivers as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor import __version__
from tritondoctor.fleet.model import Cause, CauseGroup, FleetSummary
from tritondoctor.privacy.printable import one_line
from tritondoctor.reports import fleet_words as words
from tritondoctor.reports.fleet_picture import kinds, picture
from tritondoctor.reports.html import MARKS, SIGNS, document, text

_MOST_VARIANTS, _MOST_ODD, _MOST_FACTS, _MOST_ROWS, _MOST_LETTERS = 10, 50, 12, 200, 600
_SHARES = (("ok", "sound"), ("warn", "with warnings"), ("fail", "will not work"), ("silent", "silent"))
_WIDTH, _HEIGHT = 960, 22


def render(fleet: FleetSummary) -> str:
    """The page."""
    title = words.verdict(fleet)
    return document(
        title,
        [
            f'<header class="verdict {fleet.verdict}"><h1>{SIGNS[fleet.verdict]} {text(title)}</h1>',
            *_shares(fleet), "</header>", *_groups(fleet.groups), *_odd(fleet), *_silent(fleet),
            *_gpus(fleet), *_unread(fleet),
            f"<footer><p>tritondoctor {text(__version__)}; {fleet.seconds:.1f} s.</p></footer>",
        ],
    )  # fmt: skip


def _shares(fleet: FleetSummary) -> Iterator[str]:
    """How many hosts are how, as one bar."""
    counts = {kind: 0 for kind, _ in _SHARES}
    for host in fleet.hosts:
        counts[host.verdict or "silent"] += 1
    told = [f"{counts[kind]:,} {said}" for kind, said in _SHARES if counts[kind]]
    bars, x = [], 0.0
    for kind, _ in _SHARES:
        width = _WIDTH * counts[kind] / len(fleet.hosts)
        if counts[kind]:
            bars.append(
                f'<rect class="{kind}" x="{x:.1f}" width="{max(width, 3):.1f}" height="{_HEIGHT}"/>'
            )
        x += width
    yield (
        f'<svg role="img" class="fleet shares" aria-label="{text(", ".join(told))}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="--width:{_WIDTH}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(bars)}</svg>'
    )
    yield f"<p>{words.many(len(fleet.hosts), 'host')}: {text(', '.join(told))}</p>"


def _groups(groups: Sequence[CauseGroup]) -> Iterator[str]:
    if groups:
        yield "<h2>Causes</h2>"
    for group in groups:
        mark = MARKS[group.severity]
        head = f"{words.many(group.size, 'host')}: {', '.join(group.ids)}"
        yield f'<section class="card {group.severity}"><h3><b>{text(mark)}</b> {text(head)}</h3>'
        for variant in group.variants[:_MOST_VARIANTS]:
            yield _names(variant.hosts)
            for cause in variant.causes:
                yield from _cause(cause)
        more = [host for variant in group.variants[_MOST_VARIANTS:] for host in variant.hosts]
        if more:
            yield f"<p>The same causes, seen otherwise:</p>{_names(more)}"
        explain = "<br>".join(f"<code>tritondoctor explain {text(id)}</code>" for id in group.ids)
        yield f'<p class="soft">{explain}</p></section>'


def _cause(cause: Cause) -> Iterator[str]:
    yield f"<p>{text(cause.title)}</p>"
    if cause.explanation:
        yield f'<p class="soft">{text(cause.explanation)}</p>'
    if cause.evidence:
        lines = "".join(f"<li><code>{text(line)}</code></li>" for line in cause.evidence)
        yield f"<ul>{lines}</ul>"
    for cure in cause.remedies[:1]:
        yield f"<p>{text(cure.title)}{':' if cure.commands else ''}</p>"
        if cure.commands:
            yield f"<pre>{text(chr(10).join(one_line(line) for line in cure.commands))}</pre>"


def _odd(fleet: FleetSummary) -> Iterator[str]:
    if not fleet.outliers:
        return
    yield "<h2>Outlier ones out</h2>"
    for one in fleet.outliers[:_MOST_ODD]:
        tone = "error" if one.failing else "info"
        yield f'<section class="card {tone}">{_names(one.hosts)}<p>{text(words.odd(one))}</p>'
        yield '<div class="table"><table><tr><th>fact</th><th>here</th><th>usual</th></tr>'
        for fact in one.differences[:_MOST_FACTS]:
            values = "".join(f'<td class="path">{text(value)}</td>' for value in (fact.value, fact.usual))
            yield f'<tr><td class="path fact">{text(fact.name)}</td>{values}</tr>'
        yield "</table></div>"
        if len(one.differences) > _MOST_FACTS:
            yield f'<p class="soft">and {len(one.differences) - _MOST_FACTS} more facts</p>'
        yield "</section>"
    if len(fleet.outliers) > _MOST_ODD:
        hosts = {host for one in fleet.outliers[_MOST_ODD:] for host in one.hosts}
        more = f"{words.many(len(hosts), 'host')} in {len(fleet.outliers) - _MOST_ODD} more ways"
        yield f'<p class="soft">{text(more)}; the JSON has all.</p>'


def _silent(fleet: FleetSummary) -> Iterator[str]:
    if fleet.silent:
        yield "<h2>Did not answer</h2>"
        yield from _table(
            ("hosts", "answer", "what was heard"),
            [(_folded(hosts), words.ANSWERS[answer], said)
             for answer, said, hosts in words.by_answer(fleet.silent)],
        )  # fmt: skip


def _gpus(fleet: FleetSummary) -> Iterator[str]:
    drawn = picture(fleet)
    yield "<h2>GPUs and drivers</h2>"
    if not drawn:
        yield "<p>No host tells of a card.</p>"
        return
    legend = "".join(
        f'<li><i class="{kind}"></i>{text(f"driver {driver}" if driver else "no driver")}</li>'
        for driver, kind in kinds(fleet).items()
    )
    yield f'<ul class="legend">{legend}</ul><div class="picture">{drawn}</div>'
    yield from _table(
        ("hosts", "cards", "driver"),
        [(_folded(one.hosts), one.cards or "none", one.driver or "none") for one in fleet.gpus],
    )


def _unread(fleet: FleetSummary) -> Iterator[str]:
    if fleet.unread:
        yield "<h2>Could not be read</h2>"
        yield from _table(("source", "why"), [(one.source, one.why) for one in fleet.unread])
    if fleet.repeated:
        yield "<h2>Read more than once; the last one counts</h2>"
        rows = [(one.host, ", ".join(one.sources)) for one in fleet.repeated]
        yield from _table(("host", "sources"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = "".join(f"<th>{one}</th>" for one in head)
    yield f'<div class="table hosts"><table><tr>{cells}</tr>'
    for row in rows[:_MOST_ROWS]:
        values = (text(cell).replace(",", ",<wbr>") for cell in row)
        yield "<tr>" + "".join(f'<td class="path">{value}</td>' for value in values) + "</tr>"
    yield "</table></div>"
    if len(rows) > _MOST_ROWS:
        yield f'<p class="soft">and {len(rows) - _MOST_ROWS:,} more; the JSON has all.</p>'


def _names(hosts: Sequence[str]) -> str:
    return f'<p class="names"><code>{text(_folded(hosts)).replace(",", ",<wbr>")}</code></p>'


def _folded(hosts: Sequence[str]) -> str:
    names = ", ".join(words.folded(hosts))
    if len(names) <= _MOST_LETTERS:
        return names
    return f"{names[: names.rindex(',', 0, _MOST_LETTERS)]}, ... ({len(hosts):,} hosts in all)"
