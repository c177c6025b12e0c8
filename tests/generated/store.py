"""What was seen, kept in a file: a run that was stopped goes on, and no start is made twice.

What PyTriton did in an environment does not depend on the doctor; what the doctor said is kept with a
digest of its code.
"""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import tritondoctor
from tests.generated.recipe import Recipe
from tests.truth.bench import Prediction
from tests.truth.real import Outcome

_LONGEST_LOG = 60_000


class Store:
    """Predictions and outcomes by recipe; one line of JSON each."""

    def __init__(self, folder: Path, *, afresh: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "seen.jsonl"
        self._lock = threading.Lock()
        self._engine = engine_digest()
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        if self._path.exists() and not afresh:
            for line in self._path.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
                one = json.loads(line)
                self._known[one["digest"], one["of"]] = one

    def outcome(self, recipe: Recipe) -> Outcome | None:
        """What a start in it did."""
        one = self._known.get((recipe.digest, "start"))
        return Outcome(one["served"], one["seconds"], one["log"]) if one else None

    def starts(self, recipe: Recipe) -> int:
        """How many starts in it are known; the last one is its outcome."""
        one = self._known.get((recipe.digest, "start"))
        return one.get("starts", 1) if one else 0

    def prediction(self, recipe: Recipe) -> Prediction | None:
        """What this very doctor said."""
        one = self._known.get((recipe.digest, self._engine))
        if one is None:
            return None
        return Prediction(
            one["verdict"], tuple(one["ids"]), tuple(one["warnings"]), one["seconds"], one["said"]
        )

    def keep_outcome(self, recipe: Recipe, seen: Outcome) -> None:
        """Keeps what a start did."""
        log = seen.log if len(seen.log) <= _LONGEST_LOG else seen.log[:20_000] + seen.log[-40_000:]
        self._keep(recipe, "start", {
            "served": seen.served, "seconds": seen.seconds, "log": log,
            "starts": self.starts(recipe) + 1,
        })  # fmt: skip

    def keep_prediction(self, recipe: Recipe, said: Prediction) -> None:
        """Keeps what the doctor said."""
        self._keep(recipe, self._engine, {
            "verdict": said.verdict, "ids": said.ids, "warnings": said.warnings,
            "seconds": said.seconds, "said": said.said,
        })  # fmt: skip

    def _keep(self, recipe: Recipe, of: str, seen: dict[str, Any]) -> None:
        one = {"digest": recipe.digest, "of": of, "name": recipe.name, **seen}
        with self._lock:
            self._known[recipe.digest, of] = json.loads(json.dumps(one))
            with self._path.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(json.dumps(one) + "\n")


def engine_digest() -> str:
    """Of all files of the doctor."""
    found = hashlib.sha256()
    folder = Path(tritondoctor.__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in (".pyc", ".pyo"):
            found.update(str(path.relative_to(folder)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:12]
