"""A fleet on one page: causes, outliers, hosts that did not answer, cards and drivers as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor import __version__
from tritondoctor.fleet.model import CauseGroup, FleetSummary, HostCause
from tritondoctor.privacy.printable import one_line
from tritondoctor.reports import fleet_words as words
from tritondoctor.reports.fleet_picture import kinds, picture
from tritondoctor.reports.html import MARKS, SIGNS, document, text
from tritondoctor.support.messages import _, mark, plural

_MOST_VARIANTS, _MOST_ODD, _MOST_FACTS, _MOST_ROWS, _MOST_LETTERS = 10, 50, 12, 200, 600
_SHARES = (
    ("ok", mark("{count:,} work")),
    ("warn", mark("{count:,} with warnings")),
    ("fail", mark("{count:,} will not work")),
    ("silent", mark("{count:,} did not answer")),
)
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
    """The verdicts of all hosts as one bar."""
    counts = {kind: 0 for kind, _template in _SHARES}
    for host in fleet.hosts:
        counts[host.verdict or "silent"] += 1
    shares = [_(template, count=counts[kind]) for kind, template in _SHARES if counts[kind]]
    bars, x = [], 0.0
    for kind, _template in _SHARES:
        width = _WIDTH * counts[kind] / len(fleet.hosts)
        if counts[kind]:
            bars.append(
                f'<rect class="{kind}" x="{x:.1f}" width="{max(width, 3):.1f}" height="{_HEIGHT}"/>'
            )
        x += width
    yield (
        f'<svg role="img" class="fleet shares" aria-label="{text(", ".join(shares))}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="--width:{_WIDTH}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(bars)}</svg>'
    )
    yield f"<p>{words.hosts(len(fleet.hosts))}: {text(', '.join(shares))}</p>"


def _groups(groups: Sequence[CauseGroup]) -> Iterator[str]:
    if groups:
        yield f"<h2>{text(_('Causes'))}</h2>"
    for group in groups:
        sign = _(MARKS[group.severity])
        head = f"{words.hosts(group.size)}: {', '.join(group.ids)}"
        yield f'<section class="card {group.severity}"><h3><b>{text(sign)}</b> {text(head)}</h3>'
        for variant in group.variants[:_MOST_VARIANTS]:
            yield _names(variant.hosts)
            for cause in variant.causes:
                yield from _cause(cause)
        more = [host for variant in group.variants[_MOST_VARIANTS:] for host in variant.hosts]
        if more:
            yield f"<p>{text(_('The same causes, with other evidence:'))}</p>{_names(more)}"
        explain = "<br>".join(f"<code>tritondoctor explain {text(id)}</code>" for id in group.ids)
        yield f'<p class="soft">{explain}</p></section>'


def _cause(cause: HostCause) -> Iterator[str]:
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
    yield f"<h2>{text(_('Outliers'))}</h2>"
    for outlier in fleet.outliers[:_MOST_ODD]:
        tone = "error" if outlier.failing else "info"
        yield f'<section class="card {tone}">{_names(outlier.hosts)}<p>{text(words.outlier(outlier))}</p>'
        heads = "".join(f"<th>{text(head)}</th>" for head in (_("fact"), _("here"), _("usual")))
        yield f'<div class="table"><table><tr>{heads}</tr>'
        for fact in outlier.differences[:_MOST_FACTS]:
            values = "".join(f'<td class="path">{text(value)}</td>' for value in (fact.value, fact.usual))
            yield f'<tr><td class="path fact">{text(fact.name)}</td>{values}</tr>'
        yield "</table></div>"
        more = len(outlier.differences) - _MOST_FACTS
        if more > 0:
            line = plural("and {count} more fact", "and {count} more facts", more)
            yield f'<p class="soft">{text(line)}</p>'
        yield "</section>"
    hidden = fleet.outliers[_MOST_ODD:]
    if hidden:
        hosts = words.more_ways((host for outlier in hidden for host in outlier.hosts), len(hidden))
        yield f'<p class="soft">{text(_("{hosts}; the JSON has all.", hosts=hosts))}</p>'


def _silent(fleet: FleetSummary) -> Iterator[str]:
    if fleet.silent:
        yield f"<h2>{text(_('Did not answer'))}</h2>"
        yield from _table(
            (_("hosts"), _("answer"), _("last message")),
            [
                (_folded(hosts), _(words.ANSWERS[answer]), message)
                for answer, message, hosts in words.by_answer(fleet.silent)
            ],
        )


def _gpus(fleet: FleetSummary) -> Iterator[str]:
    drawn = picture(fleet)
    yield f"<h2>{text(_('GPUs and drivers'))}</h2>"
    if not drawn:
        yield f"<p>{text(_('No host reports a GPU.'))}</p>"
        return
    legend = "".join(
        f'<li><i class="{kind}"></i>{text(_driver(driver))}</li>' for driver, kind in kinds(fleet).items()
    )
    yield f'<ul class="legend">{legend}</ul><div class="picture">{drawn}</div>'
    yield from _table(
        (_("hosts"), _("cards"), _("driver")),
        [
            (_folded(cards.hosts), cards.cards or _("none"), cards.driver or _("none"))
            for cards in fleet.gpus
        ],
    )


def _driver(version: str) -> str:
    return _("driver {version}", version=version) if version else _("no driver")


def _unread(fleet: FleetSummary) -> Iterator[str]:
    if fleet.unread:
        yield f"<h2>{text(_('Could not be read'))}</h2>"
        rows = [(unread.source, unread.why) for unread in fleet.unread]
        yield from _table((_("source"), _("reason")), rows)
    if fleet.repeated:
        yield f"<h2>{text(_('Read more than once; the last one counts'))}</h2>"
        rows = [(repeated.host, ", ".join(repeated.sources)) for repeated in fleet.repeated]
        yield from _table((_("host"), _("sources")), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = "".join(f"<th>{text(name)}</th>" for name in head)
    yield f'<div class="table hosts"><table><tr>{cells}</tr>'
    for row in rows[:_MOST_ROWS]:
        values = (text(cell).replace(",", ",<wbr>") for cell in row)
        yield "<tr>" + "".join(f'<td class="path">{value}</td>' for value in values) + "</tr>"
    yield "</table></div>"
    if len(rows) > _MOST_ROWS:
        more = _("and {count:,} more; the JSON has all.", count=len(rows) - _MOST_ROWS)
        yield f'<p class="soft">{text(more)}</p>'


def _names(hosts: Sequence[str]) -> str:
    return f'<p class="names"><code>{text(_folded(hosts)).replace(",", ",<wbr>")}</code></p>'


def _folded(hosts: Sequence[str]) -> str:
    names = ", ".join(words.folded(hosts))
    if len(names) <= _MOST_LETTERS:
        return names
    return _(
        "{names}, ... ({count:,} hosts in all)",
        names=names[: names.rindex(",", 0, _MOST_LETTERS)], count=len(hosts),
    )  # fmt: skip
