"""Builds environments, asks the doctor, starts PyTriton: several at a time, each once a session."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.truth import real, stock
from tests.truth.declare import Environment
from tests.truth.place import Place

CORES = os.cpu_count() or 1
#: at a time: starts that serve take a core each; most that fail hang, and need none while they do
SERVING, FAILING = max(2, CORES), 4 + 4 * CORES
#: where Linear is expected to answer, a slow machine is given PyTriton's own time
PATIENCE_S = 120.0
CHECK_DEADLINE_S = 60.0
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


@dataclass(frozen=True)
class Trial:
    """An environment, the doctor's prediction of it, and what PyTriton really did there."""

    environment: Environment
    prediction: Prediction
    outcome: real.Outcome

    @property
    def agrees(self) -> bool:
        """Whether verdict and causes are right."""
        return (
            self.prediction.verdict is not None
            and self.prediction.serves == self.outcome.served
            and set(self.prediction.ids) == set(self.environment.ids)
        )


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


class Trials:
    """All trials of a session; `result` waits for one."""

    def __init__(self, environments: list[Environment]) -> None:
        self.folder = scratch()
        self._doctor = PublicDoctor(self.folder / "doctor")
        self.done: list[Trial] = []
        self._pools = ThreadPoolExecutor(SERVING), ThreadPoolExecutor(FAILING)
        self._futures: dict[str, Future[Trial]] = {
            one.name: self._pools[bool(one.ids)].submit(self._try, one, self.folder / str(number))
            for number, one in enumerate(environments)
        }

    def result(self, environment: Environment) -> Trial:
        """The trial of an environment; raises `Absent` where this machine cannot build it."""
        return self._futures[environment.name].result()

    def close(self) -> None:
        """Starts nothing more, waits for what runs, and removes everything that was built."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)
        if not os.environ.get("TRITONDOCTOR_TEST_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _try(self, environment: Environment, here: Path) -> Trial:
        place = Place(here, environment.python, environment.release, self._doctor)
        environment.build(place)
        wrap = [*real.sandbox(place.options), *place.before]
        python = place.python
        prediction = predict(place, wrap, python)
        deadline = real.DEADLINE_S if environment.ids else PATIENCE_S
        outcome = real.serve_linear(python, place.variables, str(place.cwd), wrap, deadline)
        place.close()
        trial = Trial(environment, prediction, outcome)
        self.done.append(trial)
        logs = os.environ.get("TRITONDOCTOR_TEST_LOGS")
        if logs:
            stem = f"{logs}/{environment.name.translate(str.maketrans(' /', '__'))}"
            Path(f"{stem}.log").write_text(outcome.log)
            Path(f"{stem}.json").write_text(prediction.said)
        if not os.environ.get("TRITONDOCTOR_TEST_KEEP"):
            shutil.rmtree(here, ignore_errors=True)
        return trial


def predict(place: Place, wrap: list[str], python: str) -> Prediction:
    """Runs the doctor in the sandbox, the folder and the variables of the start."""
    arguments = place.arguments or ["--python", python]
    if place.from_outside:
        command = [*wrap, place.doctor, "-I", str(OUTSIDE)]
    else:
        check = ["-I", "-m", "tritondoctor", "check", "--json", *arguments]
        command = [*wrap, *real.with_variables(place.variables), place.doctor, *check]
    question = {"variables": place.variables, "cwd": str(place.cwd), "python": python}
    began = time.monotonic()
    try:
        done = subprocess.run(
            command, env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, input=json.dumps(question),
            capture_output=True, text=True, errors="replace", timeout=CHECK_DEADLINE_S, check=False,
        )  # fmt: skip
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
