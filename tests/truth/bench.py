"""A bench: environments are built on it, each in a place of its own; predicted, and really started."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.truth import real, stock
from tests.truth.declare import Environment
from tests.truth.place import Place

#: where Linear is expected to answer, a slow machine is given PyTriton's own time
PATIENCE_S = 120.0
CHECK_DEADLINE_S = 120.0
OUTSIDE = Path(__file__).with_name("outside.py")


@dataclass(frozen=True)
class Prediction:
    """What `tritondoctor check --json` said; `verdict` is None where it gave no report."""

    verdict: str | None
    ids: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: float
    said: str

    @property
    def serves(self) -> bool:
        """Whether it predicts that Linear answers."""
        return self.verdict in ("ok", "warn")


class PublicDoctor:
    """A doctor that every user of the machine may run, made in `folder` once somebody asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """The path of its python."""
        with self._lock:
            if not self._folder.exists():
                stock.public_doctor(self._folder)
        return str(self._folder / "venv" / "bin" / "python")


def scratch() -> Path:
    """A folder for environments that every user may enter, and short: sockets' paths have little room."""
    folder = Path(tempfile.mkdtemp(prefix="td-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


class Workpiece(NamedTuple):
    """An environment as it was built, and the command prefix of its sandbox."""

    place: Place
    wrap: list[str]

    def predict(self) -> Prediction:
        """What the doctor says of it."""
        return predict(self.place, self.wrap, self.place.python)

    def start(
        self, deadline_s: float, hopeless: Callable[[str], bool] = lambda log: False
    ) -> real.Outcome:
        """What PyTriton does in it."""
        place = self.place
        return real.serve_linear(
            place.python, place.variables, str(place.cwd), self.wrap, deadline_s, hopeless
        )


class Bench:
    """Several threads may use one; TRITONDOCTOR_TEST_KEEP=1 keeps what was built."""

    def __init__(self) -> None:
        self.folder = scratch()
        self._doctor = PublicDoctor(self.folder / "doctor")
        self._numbers = itertools.count()
        self._keep = bool(os.environ.get("TRITONDOCTOR_TEST_KEEP"))

    @contextmanager
    def build(self, environment: Environment, *, own: bool = False) -> Iterator[Workpiece]:
        """The environment built, and removed in the end; raises `Absent` where this machine cannot.

        `own`: its venv is its own from the beginning, so that it may be repaired.
        """
        here = self.folder / str(next(self._numbers))
        place = None
        try:
            place = Place(here, environment.python, environment.release, self._doctor)
            if own:
                _ = place.prefix
            environment.build(place)
            yield Workpiece(place, [*real.sandbox(place.options), *place.before])
        finally:
            if place is not None:
                place.close()
            if not self._keep:
                shutil.rmtree(here, ignore_errors=True)

    def close(self) -> None:
        """Remove everything that was built."""
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def ask(place: Place, wrap: list[str], python: str) -> subprocess.CompletedProcess[str]:
    """Runs the doctor in the sandbox, the folder and the variables of the start."""
    arguments = place.arguments or ["--python", python]
    if place.from_outside:
        command = [*wrap, place.doctor, "-I", str(OUTSIDE)]
    else:
        check = ["-I", "-m", "tritondoctor", "check", "--json", *arguments]
        command = [*wrap, *real.with_variables(place.variables), place.doctor, *check]
    question = {"variables": place.variables, "cwd": str(place.cwd), "python": python}
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, input=json.dumps(question),
        capture_output=True, text=True, errors="replace", timeout=CHECK_DEADLINE_S, check=False,
    )  # fmt: skip


def predict(place: Place, wrap: list[str], python: str) -> Prediction:
    """What the doctor says."""
    began = time.monotonic()
    try:
        done = ask(place, wrap, python)
    except subprocess.TimeoutExpired:
        return Prediction(None, (), (), CHECK_DEADLINE_S, "no answer in time")
    seconds = time.monotonic() - began
    try:
        report = json.loads(done.stdout)
    except ValueError:
        said = f"exit code {done.returncode}: {(done.stderr or done.stdout)[-1000:]}"
        return Prediction(None, (), (), seconds, said)
    ids = {
        severity: tuple(one["id"] for one in report["findings"] if one["severity"] == severity)
        for severity in ("error", "warning")
    }
    del report["facts"]
    return Prediction(report["verdict"], ids["error"], ids["warning"], seconds,
                      json.dumps(report, indent=1))  # fmt: skip
