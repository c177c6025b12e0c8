"""A fleet on one page: causes, outliers, hosts that did not answer, cards and drivers as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor import __version__
from tritondoctor.examination.report import now
from tritondoctor.fleet.model import CauseGroup, FleetSummary, HostCause, HostSummary, Outlier
from tritondoctor.reports import fleet_words as words
from tritondoctor.reports.fleet_picture import kinds, picture
from tritondoctor.reports.html_findings import MARKS, evidence
from tritondoctor.reports.html_parts import SIGNS, Row, commands, document, folded, section, stacked, text
from tritondoctor.reports.html_parts import table as table_head
from tritondoctor.support.messages import _, mark, plural, shown

_MOST_VARIANTS, _MOST_ODD, _MOST_FACTS, _MOST_ROWS, _MOST_LETTERS = 10, 50, 12, 200, 600
_MOST_HOSTS = 1000
_SHARES = (
    ("ok", mark("{count:,} work")),
    ("warn", mark("{count:,} with warnings")),
    ("fail", mark("{count:,} will not work")),
    ("silent", mark("{count:,} did not answer")),
)
_STATES = {
    "silent": mark("no answer"),
    "fail": mark("will not work"),
    "warn": mark("works, with warnings"),
    "ok": mark("works"),
}
_WIDTH, _HEIGHT, _LETTER = 960, 26, 9


def render(fleet: FleetSummary) -> str:
    """The page."""
    title = words.verdict(fleet)
    return document(
        title,
        [
            f'<header class="verdict {fleet.verdict}"><h1>{SIGNS[fleet.verdict]} {text(title)}</h1>',
            *_shares(fleet), f'<p class="soft">{text(_("Summarized {time}", time=now()))}</p></header>',
            *_groups(fleet.groups), *_hosts(fleet), *_silent(fleet), *_odd(fleet),
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
            label = f"{counts[kind]:,}"
            bars.append(
                f'<rect class="{kind}" x="{x:.1f}" width="{max(width, 3):.1f}" height="{_HEIGHT}"/>'
            )
            if width > len(label) * _LETTER + 8:
                bars.append(f'<text class="count" x="{x + 6:.1f}" y="18">{label}</text>')
        x += width
    yield (
        f'<svg role="img" class="fleet shares" aria-label="{text(", ".join(shares))}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="--width:{_WIDTH}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(bars)}</svg>'
    )
    yield f"<p>{words.hosts(len(fleet.hosts))}: {text(', '.join(shares))}</p>"


def _groups(groups: Sequence[CauseGroup]) -> Iterator[str]:
    if groups:
        yield section(_("Causes"))
    for number, group in enumerate(groups, 1):
        sign = _(MARKS[group.severity])
        head = _("{hosts}: {ids}", hosts=words.hosts(group.size), ids=", ".join(group.ids))
        yield f'<section class="card {group.severity}" id="cause-{number}">'
        yield f"<h3><b>{text(sign)}</b> {text(head)}</h3>"
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
    yield f"<p>{text(shown(cause.title))}</p>"
    if cause.explanation:
        yield f'<p class="soft">{text(shown(cause.explanation))}</p>'
    for cure in cause.remedies[:1]:
        title = _("{title}:", title=cure.title) if cure.commands else shown(cure.title)
        yield f"<p>{text(title)}</p>"
        if cure.commands:
            yield commands(cure.commands)
    yield from evidence(list(map(shown, cause.evidence)))


def _hosts(fleet: FleetSummary) -> Iterator[str]:
    """Which host is in which state, and why; those that need somebody first."""
    anchors = {id: number for number, group in enumerate(fleet.groups, 1) for id in group.ids}
    by_state: dict[str, list[HostSummary]] = {state: [] for state in _STATES}
    for host in fleet.hosts:
        by_state[host.verdict or "silent"].append(host)
    sound = by_state.pop("ok")
    yield section(_("Hosts"))
    if any(by_state.values()):
        yield from _host_table([host for hosts in by_state.values() for host in hosts], anchors)
    if sound:
        words = plural("{count:,} host works", "{count:,} hosts work", len(sound))
        yield from folded(words, _host_table(sound, anchors))


def _host_table(hosts: Sequence[HostSummary], anchors: dict[str, int]) -> Iterator[str]:
    yield table_head("", _("host"), _("role"), _("state"), _("causes"))
    for host in hosts[:_MOST_HOSTS]:
        state = host.verdict or "silent"
        causes = ", ".join(_link(id, anchors) for id in host.causes)
        yield (
            f'<tr class="{state}"><td class="name">{text(host.host)}</td>'
            f"<td>{text(host.role or '')}</td>"
            f'<td class="state">{text(_(_STATES[state]))}</td><td class="path">{causes}</td></tr>'
        )
    yield "</table></div>"
    yield from _more(len(hosts) - _MOST_HOSTS)


def _link(id: str, anchors: dict[str, int]) -> str:
    return f'<a href="#cause-{anchors[id]}">{text(id)}</a>' if id in anchors else text(id)


def _more(count: int) -> Iterator[str]:
    if count > 0:
        line = _("and {count:,} more; the JSON has all.", count=count)
        yield f'<p class="soft">{text(line)}</p>'


def _odd(fleet: FleetSummary) -> Iterator[str]:
    if not fleet.outliers:
        return
    yield section(_("Outliers"))
    for outlier in fleet.outliers[:_MOST_ODD]:
        tone = "error" if outlier.failing else "info"
        yield f'<section class="card {tone}">{_names(outlier.hosts)}<p>{text(words.outlier(outlier))}</p>'
        summary = plural("{count} fact", "{count} facts", len(outlier.differences))
        yield from folded(summary, _facts(outlier))
        yield "</section>"
    hidden = fleet.outliers[_MOST_ODD:]
    if hidden:
        hosts = words.more_ways((host for outlier in hidden for host in outlier.hosts), len(hidden))
        yield f'<p class="soft">{text(_("{hosts}; the JSON has all.", hosts=hosts))}</p>'


def _facts(outlier: Outlier) -> Iterator[str]:
    rows = (
        Row(((fact.name, "fact"), (fact.value, "path"), (fact.usual, "path")))
        for fact in outlier.differences[:_MOST_FACTS]
    )
    yield from stacked("", (_("fact"), _("here"), _("usual")), rows)
    more = len(outlier.differences) - _MOST_FACTS
    if more > 0:
        line = plural("and {count} more fact", "and {count} more facts", more)
        yield f'<p class="soft">{text(line)}</p>'


def _silent(fleet: FleetSummary) -> Iterator[str]:
    if fleet.silent:
        yield section(_("Did not answer"))
        yield from _table(
            (_("hosts"), _("answer"), _("last message")),
            [
                (_folded(hosts), _(words.ANSWERS[answer]), message)
                for answer, message, hosts in words.by_answer(fleet.silent)
            ],
        )


def _gpus(fleet: FleetSummary) -> Iterator[str]:
    drawn = picture(fleet)
    yield section(_("GPUs and drivers"))
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
        yield section(_("Could not be read"))
        rows = [(unread.source, unread.why) for unread in fleet.unread]
        yield from _table((_("source"), _("reason")), rows)
    if fleet.repeated:
        yield section(_("Read more than once; the last one counts"))
        rows = [(repeated.host, ", ".join(repeated.sources)) for repeated in fleet.repeated]
        yield from _table((_("host"), _("sources")), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = "".join(f"<th>{text(name)}</th>" for name in head)
    yield f'<div class="table hosts"><table><tr>{cells}</tr>'
    for row in rows[:_MOST_ROWS]:
        values = (text(cell).replace(",", ",<wbr>") for cell in row)
        yield "<tr>" + "".join(f'<td class="path">{value}</td>' for value in values) + "</tr>"
    yield "</table></div>"
    yield from _more(len(rows) - _MOST_ROWS)


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
