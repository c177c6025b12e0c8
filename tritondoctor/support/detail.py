"""How much a command prints: -q, nothing, or -v."""

from __future__ import annotations

from enum import Enum


class Detail(Enum):
    """One line; about fifteen lines for a fault; everything."""

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
