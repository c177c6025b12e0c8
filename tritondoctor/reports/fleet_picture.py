"""Cards and drivers across a fleet as a picture: a row for each kind of host, as wide as it has hosts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tritondoctor.fleet.model import Cards, FleetSummary
from tritondoctor.reports.fleet_words import drivers, many
from tritondoctor.reports.html import text

_ROW, _BAR, _NAMES, _WIDTH, _COUNT, _MARGIN = 34, 20, 330, 560, 90, 8
#: one host of ten thousand is to be seen
_NARROWEST = 4
_LETTER = 7
_MOST_LETTERS = 44
KINDS = 5


def kinds(fleet: FleetSummary) -> dict[str, str]:
    """Driver -> its class in the style sheet, in the order of the legend."""
    found = {one: f"d{min(number, KINDS)}" for number, one in enumerate(filter(None, drivers(fleet)))}
    return {**found, "": "none"} if any(one.cards and not one.driver for one in fleet.gpus) else found


def picture(fleet: FleetSummary) -> str:
    """An SVG; "" where no host has a card."""
    rows: dict[str, list[Cards]] = defaultdict(list)
    for one in fleet.gpus:
        rows[one.cards].append(one)
    if not any(rows):
        return ""
    order = list(kinds(fleet))
    most = max(sum(len(one.hosts) for one in row) for row in rows.values())
    parts: list[str] = []
    for number, (cards, row) in enumerate(rows.items()):
        row.sort(key=lambda one: order.index(one.driver) if cards else 0)
        parts += _row(cards, row, _MARGIN + number * _ROW, most, kinds(fleet))
    width, height = _NAMES + _WIDTH + _COUNT, 2 * _MARGIN + len(rows) * _ROW
    said = "; ".join(_told(one) for one in fleet.gpus)
    return (
        f'<svg role="img" class="fleet" aria-label="{text(said)}" viewBox="0 0 {width} {height}" '
        f'style="--width:{width}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _row(cards: str, row: list[Cards], y: int, most: int, known: dict[str, str]) -> Iterator[str]:
    name = cards or "no card"
    cut = name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 2] + ".."
    yield f'<text x="{_MARGIN}" y="{y + 15}">{text(cut)}</text>'
    x = float(_NAMES)
    for one in row:
        width = max(_NARROWEST, _WIDTH * len(one.hosts) / most * 0.98)
        kind = known[one.driver] if cards else "without"
        yield (
            f'<g class="{kind}"><title>{text(_told(one))}</title>'
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3"/>'
        )
        label = one.driver if cards else ""
        if label and width > len(label) * _LETTER + 8:
            yield f'<text x="{x + 5:.1f}" y="{y + 14}">{text(label)}</text>'
        yield "</g>"
        x += width + 2
    total = sum(len(one.hosts) for one in row)
    yield f'<text x="{x + 6:.1f}" y="{y + 15}">{many(total, "host")}</text>'


def _told(cards: Cards) -> str:
    driver = f", driver {cards.driver or 'none'}" if cards.cards else ""
    return f"{cards.cards or 'no card'}{driver}: {many(len(cards.hosts), 'host')}"
