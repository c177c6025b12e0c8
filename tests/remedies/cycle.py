"""One environment through the whole cycle: built, fixed, really started, undone, compared."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.remedies import wheels
from tests.remedies.tree import difference, tree
from tests.truth import real, stock
from tests.truth.bench import PATIENCE_S, Bench, Workpiece
from tests.truth.declare import Environment
from tests.truth.place import Place
from tests.truth.trial import CORES, FAILING

FIX_DEADLINE_S = 300.0


@dataclass
class Cycle:
    """What `fix` said (`code` its exit code), what PyTriton then did, and what an undo left different."""

    environment: Environment
    code: int
    said: dict[str, Any]
    text: str
    outcome: real.Outcome
    undone: int | None
    left: list[str] = field(default_factory=list)

    @property
    def remedies(self) -> list[str]:
        """The ids of the remedies that were applied."""
        return [step["remedy"] for step in self.said.get("fix", {}).get("steps", [])]


class Doctor:
    """The doctor's command line in the place, the variables and the sandbox of a start."""

    def __init__(self, place: Place) -> None:
        self.place = place
        # not in the home that is compared; wheels instead of a network
        self.own = {
            "XDG_STATE_HOME": str(place.here / "state"),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "RATTLER_CACHE_DIR": str(stock.CACHE / "rattler"),
        }
        try:
            self.own["PIP_FIND_LINKS"] = str(wheels.house(place.name))
        except stock.Absent:
            pass
        (place.here / "state").mkdir(exist_ok=True)
        if os.geteuid() == 0:
            (place.here / "state").chmod(0o1777)  # in a plain 0777 root keeps no records
        self.wrap = [*real.sandbox(place.options), *place.before]

    def command(self, *arguments: str) -> list[str]:
        """A command of the doctor with the variables of the place."""
        variables = {**self.place.variables, **self.own}
        return [
            *self.wrap, *real.with_variables(variables), self.place.doctor, "-I", "-m", "tritondoctor",
            *arguments,
        ]  # fmt: skip

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of the doctor."""
        return subprocess.run(
            self.command(*arguments),
            env={"PATH": "/usr/bin:/bin"}, cwd=self.place.cwd, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=FIX_DEADLINE_S, check=False,
        )  # fmt: skip

    def target(self) -> Sequence[str]:
        """The options that name the target."""
        return self.place.arguments or ["--python", self.place.python]


class Store:
    """Cycles kept in a folder (TRITONDOCTOR_TEST_CYCLES), a file each, so that a run goes on where it was
    stopped.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def get(self, environment: Environment) -> Cycle | None:
        """The kept cycle of an environment."""
        path = self._path(environment)
        if not path.exists():
            return None
        fields = json.loads(path.read_text())
        outcome = real.Outcome(**fields.pop("outcome"))
        return Cycle(environment=environment, outcome=outcome, **fields)

    def add(self, cycle: Cycle) -> None:
        """Keeps a cycle."""
        fields = {**vars(cycle), "outcome": vars(cycle.outcome)}
        del fields["environment"]
        path = self._path(cycle.environment)
        path.with_suffix(".new").write_text(json.dumps(fields, indent=1))
        path.with_suffix(".new").rename(path)

    def _path(self, environment: Environment) -> Path:
        return self._folder / f"{environment.name.replace('/', '%')}.json"


class Cycles:
    """All cycles of a session, several at a time (where they are kept, one a core); `result` waits for
    one.
    """

    def __init__(self, environments: Sequence[Environment]) -> None:
        self._bench = Bench()
        self.done: list[Cycle] = []
        kept = os.environ.get("TRITONDOCTOR_TEST_CYCLES", "")
        self._store = Store(Path(kept)) if kept else None
        self._pool = ThreadPoolExecutor(CORES if kept else FAILING // 2)
        self._futures: dict[str, Future[Cycle]] = {
            environment.name: self._pool.submit(self._cycle, environment) for environment in environments
        }

    def result(self, environment: Environment) -> Cycle:
        """The cycle of an environment; raises `Absent` where this machine cannot build it."""
        return self._futures[environment.name].result()

    def close(self) -> None:
        """Starts nothing more, waits for what runs, removes what was built."""
        self._pool.shutdown(cancel_futures=True)
        self._bench.close()

    def _cycle(self, environment: Environment) -> Cycle:
        cycle = self._store.get(environment) if self._store else None
        if cycle is None:
            with self._bench.build(environment, own=True) as workpiece:
                cycle = _cycle(environment, workpiece)
            if self._store is not None:
                self._store.add(cycle)
        self.done.append(cycle)
        return cycle


def _cycle(environment: Environment, workpiece: Workpiece) -> Cycle:
    place, here = workpiece.place, workpiece.place.here
    if place.from_outside:
        raise stock.Absent("the doctor itself does not start there")
    if not place.python.startswith(f"{here}/"):
        raise stock.Absent("a Python of this machine would be changed")
    doctor = Doctor(place)
    before = tree(here)
    done = doctor.run("fix", *doctor.target(), "--yes", "--json", "--no-selftest")
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = {}
    repaired = tree(here)
    deadline = PATIENCE_S if done.returncode == 0 else real.DEADLINE_S
    outcome = workpiece.start(deadline)
    undone = None
    if said.get("fix", {}).get("id"):
        undone = doctor.run("undo", "--yes").returncode
    after = tree(here)
    # what neither was there before, nor came with the repair, PyTriton itself has made
    left = difference(before, {path: after[path] for path in after.keys() & {*before, *repaired}})
    text = f"{done.stdout[-3000:] if not said else json.dumps(said.get('fix'), indent=1)}\n{done.stderr}"
    return Cycle(environment, done.returncode, said, text, outcome, undone, left)
