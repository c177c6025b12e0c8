"""What a chart shows, whoever draws it: the terminal (chart_console.py) or a page (chart_svg.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Optional

#: a place on the axis below, and the value there
Point = tuple[float, float]


class Series(NamedTuple):
    """Points that belong together, the smallest x first."""

    name: str
    points: tuple[Point, ...]


class Picture(NamedTuple):
    """A chart with its one sentence.  `kind` is `lines` (over x) or `curve` (y over x, both measured).

    `limit` is a value of y that must not be passed.  Units stand in the labels.
    """

    title: str
    sentence: str
    kind: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    limit: Optional[float] = None
    limit_label: str = ""

    @property
    def points(self) -> Iterator[Point]:
        """The points of all series."""
        return (point for series in self.series for point in series.points)


def short(value: float) -> str:
    """A number with three digits that matter: 0.42, 3.1, 57, 1320."""
    if value >= 100 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
