"""A real race from the command line, in a declared environment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.truth.place import Place

TOYS = Path(__file__).with_name("toys")
#: the smallest race that shows something: five configurations
SHORT = ("--seconds", "20", "--clients", "1,4", "--max-instances", "1")
DEADLINE_S = 400


class Tuned(NamedTuple):
    """How `tune` ended."""

    status: int
    output: str
    error: str

    @property
    def result(self) -> dict[str, Any]:
        """The contract's object."""
        result: dict[str, Any] = json.loads(self.output)
        return result


def tune(place: Place, *arguments: str, cwd: Path | None = None) -> Tuned:
    """`tritondoctor tune` for the Python of the place."""
    command = [
        sys.executable, "-I", "-m", "tritondoctor", "tune", *arguments, "--python", place.python,
    ]  # fmt: skip
    done = subprocess.run(
        command, env=place.variables, cwd=cwd or place.cwd, capture_output=True, text=True,
        timeout=DEADLINE_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Tuned(done.returncode, done.stdout, done.stderr)
