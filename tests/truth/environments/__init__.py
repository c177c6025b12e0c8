"""The environments, by subject; importing this declares them all."""

from __future__ import annotations

from tests.truth.declare import ALL
from tests.truth.environments import (
    combinations,
    conda,
    damaged,
    frameworks,
    gone,
    gpu,
    habits,
    imports,
    incomplete,
    interpreters,
    kernel,
    layouts,
    libraries,
    library_variables,
    limits,
    network,
    overlapping,
    packages,
    paths,
    places,
    sandboxes,
    settings,
    startup_code,
    surroundings,
    variables,
    versions,
    wheel,
)

__all__ = [
    "ALL", "combinations", "conda", "damaged", "frameworks", "gone", "gpu", "habits", "imports",
    "incomplete", "interpreters", "kernel", "layouts", "libraries", "library_variables", "limits",
    "network", "overlapping", "packages", "paths", "places", "sandboxes", "settings",
    "startup_code", "surroundings", "variables", "versions", "wheel",
]  # fmt: skip
