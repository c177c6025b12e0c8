"""`python -m tests.sweep_kernel`: refuses one thing at a time, starts PyTriton, compares with `check`.

It goes on where it was stopped: what a start did is kept in the tests' cache, whatever the doctor; what
the doctor said, with a digest of its code.  `--result FILE` writes all of it as JSON, with the date.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.generated.store import engine_digest
from tests.sweep import published
from tests.sweep_kernel.trials import all_trials
from tests.truth import real, stock
from tests.truth.bench import Bench, Prediction
from tests.truth.declare import Environment

#: a sound start serves within 10 s on two busy cores
_DEADLINE_S = 60.0
#: a failing start that says no more will say no more; before its first line a busy machine is slow
_SILENT_S, _SILENT_AT_FIRST_S = 20.0, 40.0
_TAIL = 12


class Kept:
    """Starts and predictions by trial, a line of JSON each."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._engine = file, engine_digest()
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        for line in file.read_text().splitlines() if file.exists() else ():
            row = json.loads(line)
            self.rows[row["rules"], row["of"]] = row

    def start(self, rules: str) -> dict[str, Any] | None:
        """What a start did."""
        return self.rows.get((rules, "start"))

    def check(self, rules: str) -> dict[str, Any] | None:
        """What this very doctor said."""
        return self.rows.get((rules, self._engine))

    def keep(self, rules: str, row: dict[str, Any], *, start: bool) -> dict[str, Any]:
        """Keeps a row, and returns it."""
        row = {"rules": rules, "of": "start" if start else self._engine, **row}
        self.rows[rules, row["of"]] = row
        with self._file.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps(row) + "\n")
        return row


class _Silence:
    """Tells whether a log has said nothing for so long that the start is given up."""

    def __init__(self) -> None:
        self._size, self._since = 0, time.monotonic()

    def __call__(self, log: str) -> bool:
        if len(log) != self._size:
            self._size, self._since = len(log), time.monotonic()
        allowed = _SILENT_S if self._size else _SILENT_AT_FIRST_S
        return time.monotonic() - self._since > allowed


class Sweep:
    """One sandbox for each trial, one start at a time."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self._bench = Bench()

    def close(self) -> None:
        """Removes the sandboxes' folder."""
        self._bench.close()

    def row(self, name: str, rules: str) -> dict[str, Any]:
        """A trial's outcome and prediction, from the store where it has them."""
        start, check = self.kept.start(rules), self.kept.check(rules)
        if start is None or check is None or (check["verdict"] in ("ok", "warn")) != start["served"]:
            environment = Environment(name, (), "", "3.11", "0.7.0", lambda place: place.refuse(rules))
            with self._bench.build(environment) as workpiece:
                if check is None:
                    check = self.kept.keep(rules, _said(workpiece.predict()), start=False)
                serves = check["verdict"] in ("ok", "warn")
                while start is None or (serves and _in_doubt(start)):
                    starts = start["starts"] + 1 if start else 1
                    seen = _happened(workpiece.start(_DEADLINE_S, _Silence()))
                    start = self.kept.keep(rules, {**seen, "starts": starts}, start=True)
        return {
            "name": name, "rules": rules if len(rules) < 200 else f"{rules[:200]}…",
            "serves": start["served"], "seconds": start["seconds"], "last_lines": start["tail"][-3:],
            "verdict": check["verdict"], "errors": check["errors"], "warnings": check["warnings"],
            "agrees": _agrees(start, check), "words": check["words"],
        }  # fmt: skip


def _in_doubt(start: dict[str, Any]) -> bool:
    """Whether it was cut off once: PyTriton has short time-outs, and the machine may have been busy."""
    return not start["served"] and start["starts"] < 2 and start["seconds"] >= _DEADLINE_S


def _said(prediction: Prediction) -> dict[str, Any]:
    words = []
    if prediction.verdict is None:
        words = [prediction.said[-300:]]
    else:
        found = json.loads(prediction.said)["findings"]
        words = [finding["title"] for finding in found if finding["severity"] == "error"]
    return {"verdict": prediction.verdict, "errors": prediction.ids, "warnings": prediction.warnings,
            "words": words, "seconds": prediction.seconds}  # fmt: skip


def _happened(outcome: real.Outcome) -> dict[str, Any]:
    return {"served": outcome.served, "seconds": round(outcome.seconds, 1),
            "tail": outcome.log.strip().splitlines()[-_TAIL:]}  # fmt: skip


def _agrees(start: dict[str, Any], check: dict[str, Any]) -> bool:
    """A doctor that cannot start either gives no false all-clear."""
    if check["verdict"] is None:
        return not start["served"]
    return (check["verdict"] in ("ok", "warn")) == bool(start["served"])


def _result(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "date": datetime.date.today().isoformat(),
        "trials": len(rows),
        "serve": sum(row["serves"] for row in rows),
        "fail": sum(not row["serves"] for row in rows),
        "doctor_cannot_start": sum(row["verdict"] is None for row in rows),
        "disagreements": sum(not row["agrees"] for row in rows),
        "rows": rows,
    }


def _line(row: dict[str, Any]) -> str:
    happened = "serves" if row["serves"] else "fails "
    mark = "" if row["agrees"] else "   <-- DISAGREES"
    ids = ", ".join(dict.fromkeys(row["errors"]))
    return f"{happened} {row['seconds']:5.1f}s  {row['name']:<44} {row['verdict']} {ids}{mark}"


def main() -> int:
    """0 where all agree, 1 where something does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweep_kernel", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="*", help="trials of such a name (*, ?)")
    parser.add_argument("--known", action="store_true", help="only trials that were started before")
    parser.add_argument("--result", type=Path, help="file for the whole result")
    parser.add_argument("--store", type=Path, default=stock.CACHE / "sweep-kernel" / "seen.jsonl")
    given = parser.parse_args()
    trials = {
        name: rules for name, rules in all_trials().items() if fnmatch.fnmatchcase(name, given.only)
    }
    kept = Kept(given.store)
    if given.known:
        trials = {name: rules for name, rules in trials.items() if kept.start(rules)}
    sweep, rows = Sweep(kept), []
    try:
        for number, (name, rules) in enumerate(trials.items(), 1):
            rows.append(sweep.row(name, rules))
            print(f"{number}/{len(trials)} {_line(rows[-1])}", flush=True)
    finally:
        sweep.close()
    wrong = sum(not row["agrees"] for row in rows)
    print(f"{len(rows)} trials, {wrong} disagree")
    if given.result:
        given.result.write_text(published.text_of(_result(rows)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
