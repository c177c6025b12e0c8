"""How much a command prints: -q, nothing, or -v."""

from __future__ import annotations

import sys
from enum import Enum


class Detail(Enum):
    """One line or nothing; about fifteen lines for a fault; everything."""

    QUIET = "quiet"
    NORMAL = "normal"
    FULL = "full"


_chosen = Detail.NORMAL


def choose(detail: Detail) -> None:
    """Let the command that runs now print so much."""
    global _chosen
    _chosen = detail


def chosen() -> Detail:
    """How much it is to print."""
    return _chosen


def quiet() -> bool:
    """Whether only the result is wanted (-q)."""
    return _chosen is Detail.QUIET


def full() -> bool:
    """Whether all is wanted (-v)."""
    return _chosen is Detail.FULL


def most(count: int) -> int:
    """How many of a list to show: `count`, and with -v all."""
    return sys.maxsize if full() else count
