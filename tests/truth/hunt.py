"""Many environments that are not in the suite yet, each predicted and really started, in one go.

    python -m tests.truth.hunt FILE [--only PATTERN] [--jobs N] [--patience S] [--again]

FILE declares them as tests/truth/environments does (`@environment()`; which ids are right is not known
yet).  One line each says who is right; logs and reports lie in FILE's name with `.seen`, and what is
there is not tried again.  A disagreement belongs into the suite, with the mended kind.  A FILE that does
not exist stands for the suite itself.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.generated.judge import disagreements, hopeless
from tests.truth import real
from tests.truth.bench import PATIENCE_S, Bench
from tests.truth.declare import ALL, Environment
from tests.truth.stock import Absent


def main() -> int:
    """0 where doctor and PyTriton agree in all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.hunt", description=__doc__)
    parser.add_argument("file", type=Path, help="a Python file that declares environments")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="those of such a name (*, ?)")
    parser.add_argument("--jobs", type=int, default=2, help="environments at a time (default 2)")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, metavar="S",
                        help="how long a start that is to serve is waited for")  # fmt: skip
    parser.add_argument("--again", action="store_true", help="also those that were seen before")
    given = parser.parse_args()
    of_suite = frozenset(ALL) if given.file.exists() else frozenset()
    if given.file.exists():
        runpy.run_path(str(given.file))
    seen = given.file.with_suffix(".seen")
    seen.mkdir(exist_ok=True)
    wanted = [
        environment for name, environment in ALL.items()
        if name not in of_suite and fnmatch.fnmatchcase(name, given.only)
        and (given.again or not _row(seen, name).exists())
    ]  # fmt: skip
    bench = Bench()
    wrong = 0
    try:
        with ThreadPoolExecutor(given.jobs) as pool:
            running = [
                pool.submit(_tried, bench, environment, seen, given.patience) for environment in wanted
            ]
            for trial in as_completed(running):
                row = trial.result()
                wrong += bool(row["wrong"])
                print(_line(row), flush=True)
    finally:
        bench.close()
    print(f"{len(wanted)} environments, {wrong} disagreements")
    return 1 if wrong else 0


def _row(seen: Path, name: str) -> Path:
    return seen / f"{name.translate(str.maketrans(' /', '__'))}.json"


def _tried(bench: Bench, environment: Environment, seen: Path, patience_s: float) -> dict[str, Any]:
    row: dict[str, Any] = {"name": environment.name, "wrong": {}}
    try:
        with bench.build(environment) as workpiece:
            said = workpiece.predict()
            deadline = patience_s if said.serves else real.DEADLINE_S
            outcome = workpiece.start(deadline, hopeless())
    except Absent as absent:
        return {**row, "absent": str(absent)}
    row.update(
        serves=outcome.served, seconds=round(outcome.seconds, 1), verdict=said.verdict,
        errors=list(dict.fromkeys(said.ids)), warnings=list(dict.fromkeys(said.warnings)),
        check_seconds=round(said.seconds, 1), wrong=disagreements(said, outcome),
    )  # fmt: skip
    file = _row(seen, environment.name)
    file.write_text(json.dumps(row) + "\n" + said.said)
    file.with_suffix(".log").write_text(outcome.log, errors="replace")
    return row


def _line(row: dict[str, Any]) -> str:
    if "absent" in row:
        return f"{row['name']:44} cannot be built: {row['absent']}"
    happened = "serves" if row["serves"] else "fails"
    mark = "".join(f"   <-- {words}" for words in row["wrong"].values())
    ids = ", ".join(row["errors"]) or "-"
    warnings = f" ({', '.join(row['warnings'])})" if row["warnings"] else ""
    return f"{row['name']:44} {happened:6} {row['seconds']:5.1f}s  {row['verdict']} {ids}{warnings}{mark}"


if __name__ == "__main__":
    sys.exit(main())
