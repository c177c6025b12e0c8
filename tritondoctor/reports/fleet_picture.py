"""Cards and drivers across a fleet as a picture: a row for each kind of host, as wide as it has hosts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tritondoctor.fleet.model import Cards, FleetSummary
from tritondoctor.reports.fleet_words import drivers, hosts
from tritondoctor.reports.html_parts import text
from tritondoctor.support.messages import _

_ROW, _BAR, _NAMES, _WIDTH, _COUNT, _MARGIN = 34, 20, 330, 560, 90, 8
#: one host of ten thousand is to be seen
_NARROWEST = 4
_LETTER = 7
_MOST_LETTERS = 44
KINDS = 5


def kinds(fleet: FleetSummary) -> dict[str, str]:
    """Driver -> its class in the style sheet, in the order of the legend."""
    classes = {driver: f"d{min(rank, KINDS)}" for rank, driver in enumerate(filter(None, drivers(fleet)))}
    without = any(cards.cards and not cards.driver for cards in fleet.gpus)
    return {**classes, "": "none"} if without else classes


def picture(fleet: FleetSummary) -> str:
    """An SVG; "" where no host has a card."""
    rows: dict[str, list[Cards]] = defaultdict(list)
    for cards in fleet.gpus:
        rows[cards.cards].append(cards)
    if not any(rows):
        return ""
    order = list(kinds(fleet))
    most = max(map(_count, rows.values()))
    parts: list[str] = []
    for number, (name, row) in enumerate(rows.items()):
        if name:
            row.sort(key=lambda cards: order.index(cards.driver))
        parts += _row(name, row, _MARGIN + number * _ROW, most, kinds(fleet))
    width, height = _NAMES + _WIDTH + _COUNT, 2 * _MARGIN + len(rows) * _ROW
    label = "; ".join(map(_description, fleet.gpus))
    return (
        f'<svg role="img" class="fleet" aria-label="{text(label)}" viewBox="0 0 {width} {height}" '
        f'style="--width:{width}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _count(row: list[Cards]) -> int:
    return sum(len(cards.hosts) for cards in row)


def _row(name: str, row: list[Cards], y: int, most: int, classes: dict[str, str]) -> Iterator[str]:
    with_card = bool(name)
    name = name or _("no card")
    cut = name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 2] + ".."
    yield f'<text x="{_MARGIN}" y="{y + 15}">{text(cut)}</text>'
    x = float(_NAMES)
    for cards in row:
        width = max(_NARROWEST, _WIDTH * len(cards.hosts) / most * 0.98)
        kind = classes[cards.driver] if with_card else "without"
        yield (
            f'<g class="{kind}"><title>{text(_description(cards))}</title>'
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3"/>'
        )
        label = cards.driver if with_card else ""
        if label and width > len(label) * _LETTER + 8:
            yield f'<text x="{x + 5:.1f}" y="{y + 14}">{text(label)}</text>'
        yield "</g>"
        x += width + 2
    yield f'<text x="{x + 6:.1f}" y="{y + 15}">{text(hosts(_count(row)))}</text>'


def _description(cards: Cards) -> str:
    count = hosts(len(cards.hosts))
    if not cards.cards:
        return _("no card: {hosts}", hosts=count)
    driver = cards.driver or _("none")
    return _("{cards}, driver {driver}: {hosts}", cards=cards.cards, driver=driver, hosts=count)
