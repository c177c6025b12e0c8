"""Follows the advice that `check` prints, letter by letter in a shell, and looks again.

    python -m tests.truth.advice FILE [--start] [NAME…]

Of each environment in which an error is found, the first way of the first error that a shell can go is
gone: its commands are typed, the environment is examined again, and so on, until no error is left or none
can be followed.  Each step is a line of JSON in FILE; environments that stand there are not built again.
With --start PyTriton is really started at the end of each.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.truth import real
from tests.truth.bench import PATIENCE_S, Bench, Workpiece
from tests.truth.declare import Environment
from tests.truth.environments import ALL
from tests.truth.stock import Absent

#: what is typed here; other programs need a network, root's own machine or a person
_TYPED = re.compile(r"(unset|export|ln|mv|mkdir|chmod|umask|sed -i) ")
_VARIABLE = re.compile(r"\b(?:export|unset) ([A-Za-z_]\w*)")
_MOST_STEPS = 6
#: variables with which the shell that types would not start, or not do as it is told
_NOT_FOR_THE_SHELL = re.compile(r"LD_|BASH|SHELLOPTS|ENV$|IFS$|POSIXLY|PATH$")


class Step(NamedTuple):
    """Advice that was followed; `gone`: its finding is there no more, `new` are error ids that came."""

    environment: str
    id: str
    remedy: str
    commands: tuple[str, ...]
    gone: bool
    new: tuple[str, ...]

    @property
    def cures(self) -> bool:
        """Whether it did what advice is to do."""
        return self.gone and not self.new


class Walk(NamedTuple):
    """The steps in one environment, the errors that are left, and whether PyTriton then served (None: it
    was not started)."""

    steps: tuple[Step, ...]
    left: tuple[str, ...]
    served: Optional[bool] = None


def walk(workpiece: Workpiece, name: str, *, start: bool = False) -> Walk:
    """Follow the advice as far as it leads."""
    steps: list[Step] = []
    errors = _errors(workpiece)
    while len(steps) < _MOST_STEPS:
        chosen = next(_ways(errors, {step.commands for step in steps}), None)
        if chosen is None:
            break
        finding, remedy = chosen
        typed(workpiece, remedy["commands"])
        after = _errors(workpiece)
        steps.append(_step(name, finding, remedy, errors, after))
        errors = after
    served = None
    if start:
        served = workpiece.start(real.DEADLINE_S if errors else PATIENCE_S).served
    return Walk(tuple(steps), tuple(finding["id"] for finding in errors), served)


def _errors(workpiece: Workpiece) -> list[dict[str, Any]]:
    prediction = workpiece.predict()
    if prediction.verdict is None:
        return [{"id": "no-report", "title": prediction.said, "remedies": []}]
    report = json.loads(prediction.said)
    return [finding for finding in report["findings"] if finding["severity"] == "error"]


def _ways(
    errors: list[dict[str, Any]], known: set[tuple[str, ...]]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for finding in errors:
        for remedy in finding["remedies"][:1]:
            commands = tuple(remedy["commands"])
            if commands and commands not in known and all(map(_TYPED.match, commands)):
                yield finding, remedy


def _step(
    name: str, finding: dict[str, Any], remedy: dict[str, Any],
    before: list[dict[str, Any]], after: list[dict[str, Any]],
) -> Step:  # fmt: skip
    counts = [Counter(item["id"] for item in findings) for findings in (before, after)]
    same = [item for item in after if (item["id"], item["title"]) == (finding["id"], finding["title"])]
    gone = not same and counts[1][finding["id"]] < counts[0][finding["id"]]
    new = counts[1] - counts[0]
    return Step(name, finding["id"], remedy["id"], tuple(remedy["commands"]), gone, tuple(new))


def typed(workpiece: Workpiece, commands: list[str]) -> None:
    """Type commands into a shell, and keep what they make of its variables."""
    place = workpiece.place
    own = {key: value for key, value in place.variables.items() if not _NOT_FOR_THE_SHELL.search(key)}
    names = list(dict.fromkeys(name for line in commands for name in _VARIABLE.findall(line)))
    lines = [*commands, *(f'[ "${{{name}+x}}" ] && printf "%s=%s\\0" {name} "${name}"' for name in names)]
    done = subprocess.run(
        [*real.sandbox(place.options), "/usr/bin/env", "-i", "PATH=/usr/bin:/bin",
         *(f"{key}={value}" for key, value in own.items()), "/bin/bash", "-c", "\n".join([*lines, ":"])],
        cwd=place.cwd, capture_output=True, text=True, errors="surrogateescape", check=False,
    )  # fmt: skip
    if done.stderr:
        print(f"the shell says: {done.stderr}", file=sys.stderr)
    place.unset(*names)
    for item in filter(None, done.stdout.split("\0")):
        name, _, value = item.partition("=")
        place.variables[name] = value


def _kept(file: Path) -> set[str]:
    return (
        {json.loads(line)["name"] for line in file.read_text().splitlines()} if file.exists() else set()
    )


def _of(bench: Bench, environment: Environment, *, start: bool) -> dict[str, Any]:
    try:
        with bench.build(environment, own=True) as workpiece:
            walked = walk(workpiece, environment.name, start=start)
    except Absent as absent:
        return {"name": environment.name, "absent": str(absent)}
    steps = [step._asdict() for step in walked.steps]
    return {"name": environment.name, "steps": steps, "left": walked.left, "served": walked.served}


def main() -> int:
    """Prints a line an environment; 1 where advice was followed that did not cure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--start", action="store_true", help="start PyTriton at the end")
    given = parser.parse_args()
    broken = [one.name for one in ALL.values() if one.ids]
    bench, kept, misled = Bench(), _kept(given.file), 0
    try:
        for name in given.names or broken:
            if name in kept:
                continue
            result = _of(bench, ALL[name], start=given.start)
            with given.file.open("a") as out:
                out.write(json.dumps(result) + "\n")
            steps = result.get("steps", [])
            wrong = [step for step in steps if not step["gone"] or step["new"]]
            misled += bool(wrong)
            print(f"{name}: {len(steps)} steps, left {result.get('left')}", flush=True)
            for step in wrong:
                print(f"    {step['id']}: {step['commands']} gone={step['gone']} new={step['new']}")
    finally:
        bench.close()
    return 1 if misled else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
