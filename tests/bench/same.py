"""Whether two states of the doctor say the same, in many environments; nothing is started in them.

    python -m tests.bench.same --before SOURCE --count 500

SOURCE is a folder with the package of another state (git archive COMMIT tritondoctor | tar x -C SOURCE).
Each environment of the truth suite and composed ones (tests/generated) are built, and both states examine
them, one after the other: their JSON must be equal, but for what changes by itself from one moment to the
next (space, memory, times), and keys that are given with --but.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tests.truth.environments  # noqa: F401 (declares them)
import tritondoctor
from tests.generated.recipe import generate
from tests.truth import real
from tests.truth.bench import Bench, Workpiece
from tests.truth.declare import ALL, Environment
from tests.truth.stock import Absent

#: what is another a moment later
_FLEETING = {"seconds", "free", "free_inodes", "memory_left", "threads_left", "leftovers", "examined"}
_START = (
    "import runpy, sys; sys.path.insert(0, {!r}); "
    "runpy.run_module('tritondoctor', None, '__main__', True)"
)


def environments(count: int) -> Iterator[Environment]:
    """Those of the truth suite, then composed ones."""
    declared = list(ALL.values())
    yield from declared[:count]
    for seed in range(count - len(declared)):
        yield generate(seed).environment()


def said(workpiece: Workpiece, source: str, but: Iterable[str]) -> Any:
    """The report of the doctor in `source`, without what is fleeting; its words where it gives none."""
    place = workpiece.place
    arguments = place.arguments or ["--python", place.python]
    command = [
        *workpiece.wrap, *real.with_variables(place.variables), place.doctor, "-I", "-c",
        _START.format(source), "check", "--json", "--timeout", "120", *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, capture_output=True, text=True,
        errors="replace", timeout=300, check=False,
    )  # fmt: skip
    try:
        return _steady(json.loads(done.stdout), _FLEETING.union(but))
    except ValueError:
        return re.sub(r"0x[0-9a-f]+|\d+\.\d+ s", "", f"{done.returncode} {done.stdout} {done.stderr}")


def _steady(value: Any, but: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _steady(inner, but) for name, inner in value.items() if name not in but}
    return [_steady(inner, but) for inner in value] if isinstance(value, list) else value


def differences(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Where two reports differ, a line each."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from differences(before.get(name), after.get(name), f"{at}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after)):
            yield from differences(one, other, f"{at}[{number}]")
    elif before != after:
        yield f"{at}: {str(before)[:200]!r} -> {str(after)[:200]!r}"


def main() -> int:
    """0 where all are equal; what differs is printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", required=True, help="folder of the other state's package")
    own = str(Path(tritondoctor.__file__).parent.parent)
    parser.add_argument("--after", default=own, help="the same of this state (default: its own)")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="begin at this one")
    parser.add_argument("--but", action="append", default=[], help="a key to be left aside")
    given = parser.parse_args()
    bench, equal, absent, differing = Bench(), 0, 0, 0
    try:
        for number, environment in enumerate(environments(given.count)):
            if number < given.first:
                continue
            try:
                with bench.build(environment) as workpiece:
                    sources = (given.before, given.after)
                    reports = [said(workpiece, source, given.but) for source in sources]
            except Absent:
                absent += 1
                continue
            found = list(differences(*reports))
            equal, differing = equal + (not found), differing + bool(found)
            print(f"{number:4} {'differs' if found else 'equal'}  {environment.name}", flush=True)
            for line in found[:10]:
                print(f"       {line}", flush=True)
    finally:
        bench.close()
    print(f"{equal} equal, {differing} differ, {absent} cannot be built here")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
