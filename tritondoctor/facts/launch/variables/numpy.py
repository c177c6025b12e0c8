"""The variables that NumPy reads when it is imported (numpy/__init__.py)."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.facts.launch.variables.view import LaunchView
from tritondoctor.facts.model import RefusedVariable

#: numpy/core/src/multiarray/convert_datatype.c, `npy__set_promotion_state`
_STATES = ("legacy", "weak", "weak_and_warn")


def promotion(view: LaunchView) -> Iterator[RefusedVariable]:
    """NPY_PROMOTION_STATE, of NumPy 1.24 to 2.1."""
    name = "NPY_PROMOTION_STATE"
    value = view.variables.get(name)
    if value is not None and value not in _STATES and name in view.text("numpy"):
        yield RefusedVariable(name, view.path("numpy"), "unknown", _STATES)


def huge_pages(view: LaunchView) -> Iterator[RefusedVariable]:
    """NUMPY_MADVISE_HUGEPAGE goes through `int`."""
    name = "NUMPY_MADVISE_HUGEPAGE"
    value = view.variables.get(name)
    if value is None or "int(use_hugepage)" not in view.text("numpy"):
        return
    try:
        int(value)
    except ValueError:
        yield RefusedVariable(name, view.path("numpy"), "not-a-number", ("0", "1"))
