"""What the drivers have in common: a cell's environment is prepared, and its steps are run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tests.matrix.model import Cell
from tests.truth import real
from tests.truth.bench import PATIENCE_S

CHECK_DEADLINE_S, FIX_DEADLINE_S = 60.0, 420.0
#: PyTriton in Docker's limits on a shared machine; whatever has not ended by then is ended
CELL_DEADLINE_S = 3 * PATIENCE_S + CHECK_DEADLINE_S + FIX_DEADLINE_S


class Driver(Protocol):
    """Builds a cell, runs the steps in it, and takes it away.  All of it may run in several threads."""

    name: str

    def prepare(self, cell: Cell) -> AbstractContextManager[Any]:
        """What `steps` needs; raises `Absent` where this machine cannot build the cell."""

    def steps(self, cell: Cell, prepared: Any) -> Iterator[Mapping[str, Any]]:
        """The outcome of each step, as inside.py tells it."""


class Broken(Exception):  # noqa: N818 - not the doctor's fault, and not PyTriton's
    """The cell could not be built or run; the text says why, with the end of its log."""


def question(cell: Cell) -> str:
    """The argument of inside.py."""
    return json.dumps(
        {
            "python": cell.python,
            "variables": cell.variables,
            "cwd": "/home/ana",
            "shell": cell.declared.shell,
            "outside": cell.declared.outside,
            "expected": cell.serves,
            "deadlines": {
                "check": CHECK_DEADLINE_S,
                "fix": FIX_DEADLINE_S,
                "serves": PATIENCE_S,
                "fails": real.DEADLINE_S,
            },
        }
    )


def told(line: str) -> Mapping[str, Any]:
    """A line that inside.py has printed; raises `Broken` where it is something else."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "step" not in found:
        raise Broken(f"the container said: {line.strip()[:500]}")
    return found
