"""Charts on a page: SVG without scripts, in the colours of the page (data/report.css)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tritondoctor.reports.html_parts import text
from tritondoctor.reports.picture import Picture, Series, short

_WIDTH, _HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 18, 34, 46
_DASHES = ("", "7 4", "2 4", "10 3 2 3", "1 5")
_KINDS = 5
_TICKS = 5


class _Scale(NamedTuple):
    """From values to the pixels of an axis; `places` are those that get an equal share each."""

    start: float
    end: float
    most: float
    places: tuple[float, ...] = ()

    def at(self, value: float) -> float:
        if self.places:
            part = (self.places.index(value) + 0.5) / len(self.places)
        else:
            part = float(value / self.most) if self.most else 0.0
        return self.start + (self.end - self.start) * part


def figure(picture: Picture) -> str:
    """The chart with its title and its sentence; only the sentence where there is nothing to draw."""
    head = f"<h3>{text(picture.title)}</h3><p>{text(picture.sentence)}</p>"
    drawn = _drawn(picture) if any(True for _point in picture.points) else ""
    return f'<figure class="card chart">{head}{drawn}</figure>'


def _drawn(picture: Picture) -> str:
    xs = [x for x, _y in picture.points]
    ys = [y for _x, y in picture.points] + ([picture.limit] if picture.limit else [])
    places = () if picture.kind == "curve" else tuple(sorted(set(xs)))
    across = _Scale(_LEFT, _WIDTH - _RIGHT, _round_up(max(xs)), places)
    up = _Scale(_HEIGHT - _BOTTOM, _TOP, _round_up(max(ys)))
    parts = [*_axes(picture, across, up), *_limit(picture, up)]
    for number, series in enumerate(picture.series):
        parts += _line(series, number, across, up)
    label = f"{picture.title}. {picture.sentence}"
    return (
        f'<div class="chart"><svg role="img" class="narrow chart" aria-label="{text(label)}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="--width:{_WIDTH}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg></div>'
        f'<ul class="legend">{"".join(_legend(picture.series))}</ul>'
    )


def _round_up(value: float) -> float:
    """The next round number, so that the ticks are round as well."""
    if value <= 0:
        return 1.0
    size = 10 ** math.floor(math.log10(value))
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return float(next(step * size for step in steps if step * size >= value))


def _axes(picture: Picture, across: _Scale, up: _Scale) -> Iterator[str]:
    for number in range(_TICKS + 1):
        value = up.most * number / _TICKS
        y = up.at(value)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        at = f'x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end"'
        yield f'<text class="tick" {at}>{short(value)}</text>'
    ticks = across.places or [across.most * number / _TICKS for number in range(_TICKS + 1)]
    for value in ticks:
        x = across.at(value)
        y = _HEIGHT - _BOTTOM + 17
        yield f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{short(value)}</text>'
    yield f'<text class="small" x="{_LEFT - 50}" y="16">{text(picture.y_label)}</text>'
    x, y = _WIDTH - _RIGHT, _HEIGHT - 8
    yield f'<text class="small" x="{x}" y="{y}" text-anchor="end">{text(picture.x_label)}</text>'


def _limit(picture: Picture, up: _Scale) -> Iterator[str]:
    if picture.limit is not None:
        y = up.at(picture.limit)
        yield f'<path class="limit" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield (
            f'<text class="lack" x="{_WIDTH - _RIGHT}" y="{y - 5:.1f}" text-anchor="end">'
            f"{text(picture.limit_label)}</text>"
        )


def _line(series: Series, number: int, across: _Scale, up: _Scale) -> Iterator[str]:
    places = [(across.at(x), up.at(y), x, y) for x, y in series.points]
    kind, dash = f"s{number % _KINDS}", _DASHES[number % len(_DASHES)]
    if len(places) > 1:
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y, _value, _number in places)
        yield f'<path class="{kind}" stroke-dasharray="{dash}" d="M{way}"/>'
    for x, y, value, height in places:
        words = f"{series.name}: {short(value)}, {short(height)}"
        at = f'cx="{x:.1f}" cy="{y:.1f}" r="4"'
        yield f'<circle class="{kind}" {at}><title>{text(words)}</title></circle>'


def _legend(series: Sequence[Series]) -> Iterator[str]:
    for number, drawn in enumerate(series):
        dash = _DASHES[number % len(_DASHES)]
        line = (
            f'<svg class="key" viewBox="0 0 26 8" style="--width:26" xmlns="http://www.w3.org/2000/svg">'
            f'<path class="s{number % _KINDS}" stroke-dasharray="{dash}" d="M0 4H26"/></svg>'
        )
        yield f"<li>{line} {text(drawn.name)}</li>"
