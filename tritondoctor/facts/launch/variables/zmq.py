"""The backend that pyzmq is told to use."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.facts.launch.model import Refusal, RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView

_NAME = "PYZMQ_BACKEND"
_OWN = ("cython", "cffi")


def backend(view: LaunchView) -> Iterator[RefusedVariable]:
    """zmq/backend/__init__.py imports the module of that name, in client and stub."""
    value = view.variables.get(_NAME)
    if value is None or _NAME not in view.text("zmq.backend"):
        return
    module = f"zmq.backend.{value}" if value in _OWN else value
    usable = tuple(name for name in _OWN if view.problem(f"zmq.backend.{name}") is None)
    problem = view.problem(module) if module else None
    if not module or problem is not None:
        missing = problem.module if problem else ""
        why: Refusal = "no-module" if value in _OWN else "unknown"
        yield RefusedVariable(_NAME, view.path("zmq.backend"), why, usable, missing)
