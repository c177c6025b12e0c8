"""Records of fixes for the tests, and changes to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.remedies.scene import Scene
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import Journal, journals
from tritondoctor.remedies.operations import PutFile, Remove


def fixed(scene: Scene) -> Journal:
    """One file replaced, one removed."""
    operations = [op for op in scene.operations if isinstance(op, (PutFile, Remove))]
    apply(operations, scene.begin())
    return journals(scene.variables)[0]


def rewrite(journal: Journal, change: Callable[[Any], None]) -> None:
    path = Path(journal.folder, "record.json")
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
