"""Extension modules that are built for a Python and all later ones (`.abi3.so`), in an older one.

Python takes any of them (importlib's EXTENSION_SUFFIXES); that a function is not there yet shows when the
module is loaded.
"""

from __future__ import annotations

from typing import Optional

from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.imports.recorded_sizes import RecordedSizes
from tritondoctor.facts.imports.scene import Scene


def problem(
    scene: Scene, recorded: RecordedSizes, name: str, path: str, importer: str, line: int
) -> Optional[ImportProblem]:
    """The problem of a module that asks this Python for a function which only later ones have."""
    if not path.endswith(".abi3.so") or recorded.limited_to(name) <= scene.sources.version[:2]:
        return None
    message = scene.undefined(path)
    return ImportProblem(name, "not-loadable", importer, line, message, path) if message else None
