"""The environments, by subject; importing this declares them all."""

from __future__ import annotations

from environments import (
    conda,
    interpreters,
    libraries,
    limits,
    odd,
    packages,
    places,
    settings,
    variables,
    wheel,
)

__all__ = [
    "conda", "interpreters", "libraries", "limits", "odd", "packages", "places", "settings",
    "variables", "wheel",
]  # fmt: skip
