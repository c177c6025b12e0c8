"""One composed environment built, predicted and started, and where the two disagree."""

from __future__ import annotations

import io
import math
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tests.generated.recipe import Recipe
from tests.generated.store import Store
from tests.logs.corpus import ALSO_TRUE
from tests.truth import real
from tests.truth.bench import PATIENCE_S, Bench, Prediction, Workpiece
from tests.truth.stock import Absent
from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

Seen = TypeVar("Seen")
_MOST_TRIES = 5
#: how long a start that says why it fails may still prove that wrong
_GRACE_S = 12.0


class Judged(NamedTuple):
    """One environment, what was predicted and seen, and the kinds of disagreement with their words."""

    recipe: Recipe
    prediction: Prediction
    outcome: real.Outcome
    wrong: dict[str, str]


class Judge:
    """Several threads may use one; `close` removes what was built."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.starts = 0
        self._bench = Bench()
        self._absent: dict[str, str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Removes the folder of the environments."""
        self._bench.close()

    def predict(self, recipe: Recipe) -> Prediction:
        """What the doctor says; raises `Absent` where it cannot be built."""
        return self._see(recipe, start=False)[0]

    def verdict(self, recipe: Recipe) -> Judged:
        """Prediction and start compared; raises `Absent` where it cannot be built."""
        said, seen = self._see(recipe, start=True)
        assert seen is not None
        return Judged(recipe, said, seen, disagreements(said, seen))

    def _see(self, recipe: Recipe, *, start: bool) -> tuple[Prediction, real.Outcome | None]:
        if recipe.digest in self._absent:
            raise Absent(self._absent[recipe.digest])
        said, seen = self.store.prediction(recipe), self.store.outcome(recipe)
        if said is not None and (not start or self._settled(recipe, said, seen)):
            return said, seen
        try:
            with self._bench.build(recipe.environment()) as workpiece:
                return self._run(recipe, workpiece, said, seen, start=start)
        except Absent as absent:
            self._absent[recipe.digest] = str(absent)
            raise

    def _run(
        self,
        recipe: Recipe,
        workpiece: Workpiece,
        said: Prediction | None,
        seen: real.Outcome | None,
        *,
        start: bool,
    ) -> tuple[Prediction, real.Outcome | None]:
        if said is None:
            said = _sandboxed(workpiece.predict, lambda prediction: prediction.said)
            if said.verdict is not None:  # a machine that is too busy may have been why
                self.store.keep_prediction(recipe, said)
        while start and not self._settled(recipe, said, seen):
            seen = _start(workpiece, PATIENCE_S if said.serves else real.DEADLINE_S)
            self.store.keep_outcome(recipe, seen)
            with self._lock:
                self.starts += 1
        return said, seen

    def _settled(self, recipe: Recipe, said: Prediction, seen: real.Outcome | None) -> bool:
        """Whether it is known what a start does; PyTriton has short time-outs of its own, so on a busy
        machine a failure that was not expected counts once it was seen twice.
        """
        if seen is None:
            return False
        return seen.served or not said.serves or self.store.starts(recipe) > 1


def _start(workpiece: Workpiece, deadline_s: float) -> real.Outcome:
    return _sandboxed(lambda: workpiece.start(deadline_s, hopeless()), lambda outcome: outcome.log)


def _sandboxed(run: Callable[[], Seen], words: Callable[[Seen], str]) -> Seen:
    """What a run gave; bubblewrap fails where others mount and unmount at the very moment."""
    for _ in range(_MOST_TRIES):
        seen = run()
        if "bwrap: " not in words(seen)[:100]:
            return seen
        time.sleep(1)
    raise Absent(words(seen).strip())


def disagreements(said: Prediction, seen: real.Outcome) -> dict[str, str]:
    """Kind -> words; none where verdict and causes agree with the start and with its log."""
    if said.verdict is None:
        return {"report": f"the doctor gave no report: {said.said[-300:]}"}
    if said.serves != seen.served:
        words = "predicted to serve, and it failed", "predicted to fail, and it served"
        return {"verdict": words[seen.served]}
    if not seen.served:
        named = log_names(seen.log)
        true = {more for id in said.ids for more in (id, *ALSO_TRUE.get(id, ()))}
        if named and not named & true:
            return {"cause": f"the log names {', '.join(sorted(named))}"}
    return {}


def log_names(log: str) -> set[str]:
    """The ids that the log of a start names as its cause, by the doctor's own signs."""
    explained = _explained(log)
    if explained.verdict != "fault":
        return set()
    return {id for cause in explained.causes if cause.first for id in (cause.finding.id, *cause.others)}


def hopeless(grace_s: float = _GRACE_S) -> Callable[[str], bool]:
    """Tells whether a line of the log has said for `grace_s` that the start has failed."""
    size, until = 0, math.inf

    def over(log: str) -> bool:
        nonlocal size, until
        if len(log) > size and until == math.inf:
            size = len(log)
            if any(hit.seen.ends for hit in _explained(log).log.hits):
                until = time.monotonic() + grace_s
        return time.monotonic() > until

    return over


def _explained(log: str) -> LogVerdict:
    return explain(read(io.BytesIO(log.encode("utf-8", "replace"))))
