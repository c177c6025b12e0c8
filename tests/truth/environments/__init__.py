"""The environments, by subject; importing this declares them all."""

from __future__ import annotations

from tests.truth.declare import ALL
from tests.truth.environments import (
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
    "ALL", "conda", "interpreters", "libraries", "limits", "odd", "packages", "places", "settings",
    "variables", "wheel",
]  # fmt: skip
