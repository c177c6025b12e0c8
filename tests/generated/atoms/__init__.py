"""All atoms, by subject; importing this declares them."""

from __future__ import annotations

from tests.generated.atoms import (
    habits,
    interpreters,
    layouts,
    libraries,
    machine,
    packages,
    paths,
    settings,
    variables,
    wheel,
)

__all__ = [
    "habits", "interpreters", "layouts", "libraries", "machine", "packages", "paths", "settings",
    "variables", "wheel",
]  # fmt: skip
