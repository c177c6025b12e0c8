"""Records what `check` says of every environment of the truth suite, and compares two records.

    python -m tests.truth.predictions record FILE
    python -m tests.truth.predictions compare BEFORE AFTER

Nothing of PyTriton is started, so it takes minutes where the suite takes half an hour.  A change that is
to leave the doctor's behaviour alone is judged by it.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.truth import stock
from tests.truth.bench import Bench
from tests.truth.declare import Environment
from tests.truth.environments import ALL


def _predicted(environment: Environment, bench: Bench) -> dict[str, Any]:
    """The report without its facts; `absent` where this machine cannot build the environment."""
    try:
        with bench.build(environment) as workpiece:
            prediction, here = workpiece.predict(), workpiece.place.here
    except stock.Absent as absent:
        return {"absent": str(absent)}
    if prediction.verdict is None:
        return {"failure": prediction.said}
    report = json.loads(prediction.said.replace(str(here), "/HERE"))
    return {"verdict": report["verdict"], "findings": report["findings"]}


def record(file: Path) -> None:
    """Writes environment -> prediction as JSON."""
    bench = Bench()
    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            futures = {
                name: pool.submit(_predicted, environment, bench) for name, environment in ALL.items()
            }
            predictions = {}
            for name, future in futures.items():
                predictions[name] = future.result()
                print(f"{len(predictions)}/{len(ALL)} {name}", file=sys.stderr)
        file.write_text(json.dumps(predictions, indent=1))
    finally:
        bench.close()


def _ids(prediction: dict[str, Any]) -> list[str]:
    findings = prediction.get("findings", ())
    return sorted(f"{finding['severity']}:{finding['id']}" for finding in findings)


def compare(before: Path, after: Path) -> int:
    """Prints every environment whose verdict or findings differ; returns how many."""
    old, new = json.loads(before.read_text()), json.loads(after.read_text())
    different = 0
    for name in sorted(old.keys() & new.keys()):
        first, second = old[name], new[name]
        pairs = [(first.get("verdict"), second.get("verdict")), (_ids(first), _ids(second))]
        for was, now in pairs:
            if was != now:
                print(f"{name}: {was} -> {now}")
        different += any(was != now for was, now in pairs)
    print(f"{len(old.keys() & new.keys())} environments compared, {different} differ")
    return different


def main() -> int:
    """The command line."""
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "record":
        record(Path(words[1]))
        return 0
    if len(words) == 3 and words[0] == "compare":
        return 1 if compare(Path(words[1]), Path(words[2])) else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
