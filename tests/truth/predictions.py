"""Records what `check` says of every environment of the truth suite, and compares two records.

    python -m tests.truth.predictions record FILE
    python -m tests.truth.predictions compare BEFORE AFTER
    python -m tests.truth.predictions reports FILE [EVERY]
    python -m tests.truth.predictions against FILE [EVERY]

`reports` writes the whole report of each environment, facts included, a line each, and goes on where it
stopped; `against` says what differs now.  EVERY takes each N-th environment.

Nothing of PyTriton is started, so it takes minutes where the suite takes half an hour.  A change that is
to leave the doctor's behaviour alone is judged by it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.truth import stock
from tests.truth.bench import Bench, ask
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


#: what changes from one moment to the next, and is no work of the doctor's
_PASSING = {"seconds", "free", "free_inodes", "memory_left", "waited_s", "threads_left", "leftovers"}


def _steady(value: Any) -> Any:
    """A report without what the moment decides."""
    if isinstance(value, dict):
        return {name: _steady(item) for name, item in value.items() if name not in _PASSING}
    return [_steady(item) for item in value] if isinstance(value, list) else value


def _differences(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """Each place where two reports differ, with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(name), new.get(name), f"{at}/{name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (first, second) in enumerate(zip(old, new)):
            yield from _differences(first, second, f"{at}/{number}")
    elif old != new:
        yield f"{at}: {str(old)[:300]} -> {str(new)[:300]}"


def _reports(every: int, known: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """(environment, the whole report that the doctor gives there, or what it said instead)."""
    bench = Bench()
    try:
        for name, environment in [*ALL.items()][::every]:
            if name in known:
                continue
            try:
                with bench.build(environment) as workpiece:
                    done = ask(workpiece.place, workpiece.wrap, workpiece.place.python)
                    here = str(workpiece.place.here)
            except (stock.Absent, subprocess.TimeoutExpired):
                continue
            said = done.stdout.replace(here, "/HERE")
            try:
                yield name, _steady(json.loads(said))
            except ValueError:
                yield name, {"said": f"exit code {done.returncode}: {done.stderr or said}"}
    finally:
        bench.close()


def _stored(file: Path) -> dict[str, Any]:
    return dict(json.loads(line) for line in file.read_text().splitlines()) if file.exists() else {}


def reports(file: Path, every: int) -> None:
    """Appends the reports that the file does not have yet."""
    known = _stored(file)
    with file.open("a") as out:
        for name, report in _reports(every, known):
            out.write(json.dumps([name, report]) + "\n")
            out.flush()


def against(file: Path, every: int) -> int:
    """Prints every difference from the stored reports; returns how many reports differ."""
    stored, compared, different = _stored(file), 0, 0
    for name, report in _reports(every, [name for name in ALL if name not in stored]):
        found = [*_differences(stored[name], report)]
        compared, different = compared + 1, different + bool(found)
        print(f"{compared} {name}: {len(found)} differences", *found[:8], sep="\n    ", flush=True)
    print(f"{compared} environments compared, {different} differ")
    return different


def main() -> int:
    """The command line."""
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "record":
        record(Path(words[1]))
        return 0
    if len(words) == 3 and words[0] == "compare":
        return 1 if compare(Path(words[1]), Path(words[2])) else 0
    if len(words) in (2, 3) and words[0] in ("reports", "against"):
        every = int(words[2]) if len(words) == 3 else 1
        if words[0] == "against":
            return 1 if against(Path(words[1]), every) else 0
        reports(Path(words[1]), every)
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
