"""`python -m tests.generated --seed S --count N`: composes, predicts, starts, compares."""

from __future__ import annotations

import argparse
import fnmatch
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.generated.atom import ATOMS
from tests.generated.causes import counterfactual, least
from tests.generated.judge import Judge, Judged
from tests.generated.recipe import PLAIN, Recipe, generate, recipe
from tests.generated.store import Store
from tests.truth import stock
from tests.truth.stock import Absent


def main() -> int:
    """0 where all agree, 1 where something does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--count", type=int, default=50, help="how many seeds (default 50)")
    parser.add_argument("--alone", metavar="PATTERN",
                        help="no seeds: each atom of such a name (*, ?) by itself")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=3, help="environments at a time (default 3)")
    parser.add_argument("--share", type=int, default=4, metavar="N",
                        help="take causes away, one by one, of every N-th seed; 0: of none")  # fmt: skip
    parser.add_argument("--afresh", action="store_true", help="start again what was started before")
    parser.add_argument("--no-shrink", action="store_true", help="leave disagreements as they are")
    parser.add_argument("--store", type=Path, default=stock.CACHE / "generated",
                        help="folder of what was seen, with the logs of disagreements")  # fmt: skip
    given = parser.parse_args()
    judge = Judge(Store(given.store, afresh=given.afresh))
    try:
        return _Run(judge, given).run()
    finally:
        judge.close()


class _Run:
    def __init__(self, judge: Judge, given: argparse.Namespace) -> None:
        self.judge, self.given = judge, given
        self.served = self.failed = self.absent = self.more = 0
        self.wrong: dict[Recipe, Judged] = {}
        self._lock = threading.Lock()

    def run(self) -> int:
        """All seeds; the table line by line, and the sum."""
        began = time.monotonic()
        given = self.given
        wanted = [(seed, generate(seed)) for seed in range(given.seed, given.seed + given.count)]
        if given.alone:
            names = fnmatch.filter(ATOMS, given.alone)
            wanted = [(number, recipe(*PLAIN, [name])) for number, name in enumerate(names)]
        with ThreadPoolExecutor(given.jobs) as pool:
            running = [pool.submit(self._one, seed, one) for seed, one in wanted]
            try:
                for one in as_completed(running):
                    one.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        print(
            f"{self.served + self.failed} environments ({self.served} serve, {self.failed} fail; "
            f"{self.absent} more cannot be built here), {self.more} more of causes taken apart, "
            f"{self.judge.starts} started now, {len(self.wrong)} disagree, "
            f"{time.monotonic() - began:.0f} s"
        )
        for judged in self.wrong.values():
            self._tell("least", judged)
        return 1 if self.wrong else 0

    def _one(self, seed: int, recipe: Recipe) -> None:
        try:
            judged = self.judge.verdict(recipe)
        except Absent as absent:
            self.absent += 1
            print(f"{seed:6} cannot be built: {absent}  [{recipe.name}]", flush=True)
            return
        self.served += judged.outcome.served
        self.failed += not judged.outcome.served
        self._tell(str(seed), judged)
        found = [judged]
        share = self.given.share
        if share and seed % share == 0 and not judged.outcome.served and not judged.wrong:
            more = counterfactual(self.judge, judged)
            self.more += len(more)
            found += more
        for one in found:
            if one.wrong:
                self._disagreement(one, str(seed))

    def _disagreement(self, judged: Judged, label: str) -> None:
        if not self.given.no_shrink:
            judged = least(self.judge, judged)
        with self._lock:
            known = judged.recipe in self.wrong
            self.wrong[judged.recipe] = judged
        if not known:
            self._tell(f"{label} shrunk", judged)
            stem = self.given.store / f"{label}-{judged.recipe.digest}"
            stem.with_suffix(".log").write_text(judged.outcome.log, errors="replace")
            stem.with_suffix(".txt").write_text(f"{judged.recipe.name}\n{judged.prediction.said}\n")

    def _tell(self, label: str, judged: Judged) -> None:
        said, seen = judged.prediction, judged.outcome
        ids = ", ".join(dict.fromkeys(said.ids))
        mark = "".join(f"   <-- {words}" for words in judged.wrong.values())
        happened = "serves" if seen.served else "fails"
        with self._lock:
            print(f"{label:>6} {happened:6} {said.seconds:4.1f}s {seen.seconds:5.1f}s  "
                  f"{judged.recipe.name}  [{ids}]{mark}", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
