"""Charts in the terminal: rows of bars, drawn by rich; with `#` where the terminal has no blocks."""

from __future__ import annotations

from collections.abc import Iterator

from rich.bar import Bar
from rich.cells import cell_len
from rich.console import Console

from tritondoctor.reports.layout import Line, padded, right_aligned, wrapped
from tritondoctor.reports.picture import Picture, Series, short
from tritondoctor.support.messages import _

_LEAST_BAR, _NUMBER = 8, 8


def lines(picture: Picture, width: int, *, blocks: bool) -> Iterator[Line]:
    """The chart in so many columns; its sentence stands first."""
    yield picture.title, "bold"
    yield from wrapped(f"  {picture.sentence}", "  ", width, hang=True)
    if any(True for _point in picture.points):
        yield from (
            _curve(picture, width, blocks) if picture.kind == "curve" else _bars(picture, width, blocks)
        )
    yield "", ""


def bar(value: float, most: float, width: int, *, blocks: bool) -> str:
    """A bar of at most `width` cells, without the blanks behind it."""
    if not blocks:
        return "#" * max(1, round(value / most * width)) if value > 0 and most else ""
    console = Console(width=width, color_system=None, legacy_windows=False, force_terminal=False)
    segments = console.render(Bar(most or 1, 0, value, width=width))
    return "".join(segment.text for segment in segments).rstrip()


def _bars(picture: Picture, width: int, blocks: bool) -> Iterator[Line]:
    """For each place on the axis a bar of each series."""
    places = sorted({x for x, _y in picture.points})
    most = max(y for _x, y in picture.points)
    heads = max(cell_len(series.name) for series in picture.series)
    axis = max(cell_len(picture.x_label), *(len(short(x)) for x in places))
    room = max(_LEAST_BAR, width - axis - heads - _NUMBER - 8)
    label, number = padded(picture.x_label, axis), right_aligned(picture.y_label, _NUMBER)
    yield f"  {label}  {' ' * heads}  {number}", "dim"
    for x in places:
        label = short(x).rjust(axis)
        for series in picture.series:
            for y in (y for place, y in series.points if place == x):
                drawn = bar(y, most, room, blocks=blocks)
                yield f"  {label}  {padded(series.name, heads)}  {short(y):>{_NUMBER}} {drawn}", ""
                label = " " * axis


def _curve(picture: Picture, width: int, blocks: bool) -> Iterator[Line]:
    """A row for each measured point: x in figures, y as a bar, what passes the limit marked."""
    most = max(y for _x, y in picture.points)
    for series in picture.series:
        yield f"  {series.name}", ""
        yield from _rows(picture, series, most, width, blocks)


def _rows(picture: Picture, series: Series, most: float, width: int, blocks: bool) -> Iterator[Line]:
    axis = max(cell_len(picture.x_label), 8)
    above = _("over the budget")
    room = max(_LEAST_BAR, width - axis - _NUMBER - cell_len(above) - 8)
    yield f"    {right_aligned(picture.x_label, axis)} {right_aligned(picture.y_label, _NUMBER)}", "dim"
    for x, y in series.points:
        over = picture.limit is not None and y > picture.limit
        drawn = bar(y, most, room, blocks=blocks)
        note = f"  {above}" if over else ""
        yield f"    {short(x):>{axis}} {short(y):>{_NUMBER}} {drawn}{note}", "yellow" if over else ""
