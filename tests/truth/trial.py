"""Builds environments, asks the doctor, starts PyTriton: several at a time, each once a session."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.truth import real
from tests.truth.bench import PATIENCE_S, Bench, Prediction
from tests.truth.declare import Environment

CORES = os.cpu_count() or 1
#: at a time: starts that serve take a core each; most that fail hang, and need none while they do
SERVING, FAILING = max(2, CORES), 4 + 4 * CORES


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


class Trials:
    """All trials of a session; `result` waits for one."""

    def __init__(self, environments: list[Environment]) -> None:
        self._bench = Bench()
        self.done: list[Trial] = []
        self._pools = ThreadPoolExecutor(SERVING), ThreadPoolExecutor(FAILING)
        self._futures: dict[str, Future[Trial]] = {
            environment.name: self._pools[bool(environment.ids)].submit(self._try, environment)
            for environment in environments
        }

    def result(self, environment: Environment) -> Trial:
        """The trial of an environment; raises `Absent` where this machine cannot build it."""
        return self._futures[environment.name].result()

    def close(self) -> None:
        """Starts nothing more, waits for what runs, and removes everything that was built."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)
        self._bench.close()

    def _try(self, environment: Environment) -> Trial:
        with self._bench.build(environment) as workpiece:
            prediction = workpiece.predict()
            outcome = workpiece.start(real.DEADLINE_S if environment.ids else PATIENCE_S)
        trial = Trial(environment, prediction, outcome)
        self.done.append(trial)
        logs = os.environ.get("TRITONDOCTOR_TEST_LOGS")
        if logs:
            stem = f"{logs}/{environment.name.translate(str.maketrans(' /', '__'))}"
            Path(f"{stem}.log").write_text(outcome.log)
            Path(f"{stem}.json").write_text(prediction.said)
        return trial
