"""The race: all configurations in one server, measured in turn, the better half again, and so on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.target import Target
from tritondoctor.tuning import decide, figures, grid, plan
from tritondoctor.tuning.machine import Watcher
from tritondoctor.tuning.measure import Died, Meter
from tritondoctor.tuning.model import (
    DEFAULT,
    Configuration,
    ConfigurationFigures,
    FailedConfiguration,
    OpenLoop,
    Round,
    TuneResult,
)
from tritondoctor.tuning.refusals import first_call, last_line, refused
from tritondoctor.tuning.server import Ended, FunctionServer

#: a server that died so often is not started again
_MOST_RESTARTS = 3
_OPEN_LOOP_S = 3.0
#: rounds of the last step while the machine is noisy and time is left
_MOST_LAST_ROUNDS = 9

#: called with what happens, in words, and the seconds that are left
Progress = Callable[[str, float], None]


class Wishes(NamedTuple):
    """What the options say.  `inputs` and `outputs`: (name, dtype as numpy names it, shape) each."""

    file: str
    function: str
    inputs: Sequence[tuple[str, str, tuple[int, ...]]] = ()
    outputs: Sequence[tuple[str, str, tuple[int, ...]]] = ()
    budget_ms: Optional[float] = None
    clients: tuple[int, ...] = (1, 8, 32)
    most_instances: int = 2
    data: Optional[str] = None
    threads: tuple[int, ...] = ()
    protocol: str = "http"
    generator: str = "own"
    rates: tuple[float, ...] = ()
    timeout: float = 120.0


@dataclass
class _Runner:
    """A configuration in the race."""

    configuration: Configuration
    rounds: list[Round] = field(default_factory=list)
    problem: str = ""


def run(
    target: Target,
    wishes: Wishes,
    *,
    predicted: bool = False,
    progress: Progress = lambda words, left: None,
) -> TuneResult:
    """Tune the function.  Raises UsageError for what its file lacks, Ended where PyTriton does not start.

    `predicted`: the checks say that it will not.
    """
    race = _Race(target, wishes, predicted, progress)
    try:
        return race.run()
    finally:
        race.close()


class _Race:
    def __init__(self, target: Target, wishes: Wishes, predicted: bool, progress: Progress) -> None:
        self.target, self.wishes = target, wishes
        self.predicted, self.progress = predicted, progress
        self.runners: dict[Configuration, _Runner] = {}
        self.began = time.monotonic()
        self.server: Optional[FunctionServer] = None
        self.meter: Optional[Meter] = None
        self.watcher = Watcher()
        self.restarts = 0
        self.number = 0
        self.over = False

    def run(self) -> TuneResult:
        self._start()
        threads = self.wishes.threads or (None,)
        configurations = grid.first(self.wishes.clients, self.wishes.most_instances, threads)
        self._enter(configurations)
        self.plan = plan.of(
            len(configurations), len(self._early()), len(self.wishes.clients), 3,
            plan.SECONDS - (time.monotonic() - self.began) - plan.END_S - 3 * self.bind_s,
        )  # fmt: skip
        finalists = self._race()
        return self._result(finalists)

    def close(self) -> None:
        """End whatever runs."""
        if self.meter is not None:
            self.meter.close()
        if self.server is not None:
            self.watcher.count(self.server.session.pids())
            self.server.close()
        self.meter = self.server = None

    # -- the server

    def _start(self) -> None:
        self.progress(_("starting the server"), plan.SECONDS)
        wishes = self.wishes
        request = {
            "file": wishes.file, "function": wishes.function, "inputs": wishes.inputs,
            "outputs": wishes.outputs, "data": wishes.data, "threads": bool(wishes.threads),
        }  # fmt: skip
        self.server = FunctionServer(self.target, request, wishes.timeout, self.predicted)
        if wishes.protocol not in self.server.endpoints:
            raise UsageError(
                _("--protocol {protocol}: it is switched off here.", protocol=wishes.protocol)
            )

    def _first_call(self) -> None:
        """The function must answer a request of one row.  Raises UsageError."""
        assert self.server is not None
        with Meter(self.target, self.server, self.wishes, self.wishes.timeout) as meter:
            try:
                self.call_s = meter.first_call(DEFAULT)
            except Died as death:
                if "timed out" in str(death) or "Deadline Exceeded" in str(death):
                    fields = {"name": self.wishes.function, "seconds": f"{self.wishes.timeout:g}"}
                    raise refused("no-answer", fields) from None
                any_size = any(size < 0 for tensor in self.server.tensors.inputs for size in tensor[2])
                raise first_call(self.wishes.function, str(death), any_size) from None

    def _enter(self, configurations: Sequence[Configuration]) -> None:
        """Bind them all, and warm each up."""
        began = time.monotonic()
        for number, configuration in enumerate(configurations):
            left = plan.BIND_S * (len(configurations) - number) + 110
            self.progress(
                _("binding {number} of {count}", number=number + 1, count=len(configurations)), left
            )
            runner = self.runners[configuration] = _Runner(configuration)
            self._bind(runner)
            if not number:
                if runner.problem:
                    raise Ended(runner.problem)
                self._first_call()
                self._open_meter()
        self.bind_s = (time.monotonic() - began) / len(configurations)
        self._warm_up(configurations)

    def _bind(self, runner: _Runner) -> None:
        assert self.server is not None
        runner.problem = self.server.bind(runner.configuration)

    def _open_meter(self) -> None:
        assert self.server is not None
        if self.meter is not None:
            self.meter.close()
        patience = max(10.0, 20 * self.call_s)
        self.meter = Meter(self.target, self.server, self.wishes, patience)

    def _warm_up(self, configurations: Iterable[Configuration]) -> None:
        for configuration in configurations:
            runner = self.runners[configuration]
            if not runner.problem:
                self._measured(runner, (max(self.wishes.clients),), 0.2, keep=False)

    def _restart(self) -> None:
        """The server died with a configuration; the others go on in a new one."""
        assert self.server is not None
        self.restarts += 1
        if self.meter is not None:
            self.meter.close()
            self.meter = None
        self.server.close()
        self.server = None
        if self.restarts > _MOST_RESTARTS:
            self.over = True
            return
        self._start()
        alive = [runner for runner in self.runners.values() if not runner.problem]
        for runner in alive:
            self._bind(runner)
        self._open_meter()

    # -- the rounds

    def _early(self) -> tuple[int, ...]:
        """The numbers of clients of the first steps: without a budget the largest decide."""
        clients = self.wishes.clients
        return clients if self.wishes.budget_ms is not None else clients[-2:]

    def _race(self) -> list[Configuration]:
        field = list(self.runners)
        field = self._step(0, field, self._early(), max(plan.FINALISTS, -(-len(field) // 2)))
        field = self._step(1, field, self._early(), plan.FINALISTS)
        field += self._refine(field)
        field = self._step(2, field, self._early(), plan.FINALISTS)
        return self._last(field)

    def _refine(self, field: Sequence[Configuration]) -> list[Configuration]:
        if not field or self.over:
            return []
        new = grid.neighbours(field[0], list(self.runners), self.wishes.most_instances)
        for configuration in new:
            runner = self.runners[configuration] = _Runner(configuration)
            self.progress(_("binding around the leader"), self.plan.left(2))
            self._bind(runner)
        self._warm_up(new)
        return new

    def _step(
        self, step: int, field: Sequence[Configuration], clients: Sequence[int], keep: int
    ) -> list[Configuration]:
        """Measure the field in the step's rounds; return those that stay, best first."""
        done = 0
        for _round in range(self.plan.steps[step].rounds):
            done = self._round(step, field, clients, done)
        measured = [self._figures(one) for one in field if self.runners[one].rounds and self._alive(one)]
        return [one.configuration for one in decide.survivors(measured, keep)]

    def _round(self, step: int, field: Sequence[Configuration], clients: Sequence[int], done: int) -> int:
        """One round: each configuration of the field, and the default, in turn."""
        self.number += 1
        rounds = self.plan.steps[step].rounds
        for configuration in dict.fromkeys([*field, DEFAULT]):
            if self.over or not self._alive(configuration):
                continue
            words = _(
                "step {step} of {steps}: {count} configurations, {rounds} rounds",
                step=step + 1, steps=len(self.plan.steps), count=len(field), rounds=rounds,
            )  # fmt: skip
            self.progress(words, self.plan.left(step, done))
            self._measured(self.runners[configuration], clients, self.plan.window(step))
            done += len(clients)
        return done

    def _alive(self, configuration: Configuration) -> bool:
        return not self.runners[configuration].problem

    def _measured(
        self, runner: _Runner, clients: Sequence[int], seconds: float, *, keep: bool = True
    ) -> None:
        """Measure a configuration once; where it dies, note how, and go on without it."""
        if self.over or self.meter is None:
            return
        try:
            loads = self.meter.loads(runner.configuration, clients, seconds)
        except Died as death:
            runner.problem = last_line(str(death))
            self._open_meter()
        except Ended as ended:
            runner.problem = _("the server died: {what}", what=ended.what)
            self._restart()
        else:
            if keep:
                runner.rounds.append(Round(self.number, seconds, tuple(loads)))
            self.watcher.generator_cpu = max(
                self.watcher.generator_cpu, *(load.generator_cpu for load in loads)
            )

    def _last(self, field: list[Configuration]) -> list[Configuration]:
        """The rounds that count; more of them while the time allows it and the noise asks for it."""
        done, rounds, planned = 0, 0, self.plan.steps[3].rounds
        while rounds < planned or (rounds < _MOST_LAST_ROUNDS and self._is_noisy(field)):
            if self.over or (rounds >= decide.LEAST_ROUNDS and self._late(len(field))):
                break
            done = self._round(3, field, self.wishes.clients, done)
            rounds += 1
            if rounds == planned - 1:
                field += [one for one in self._simplest_unmeasured(field) if one not in field]
        return field

    def _simplest_unmeasured(self, field: Sequence[Configuration]) -> list[Configuration]:
        """The one to recommend by what was seen early: it must show it in the last rounds."""
        decision = decide.decide(self._all_figures(field), self._noise(field), decide.LEAST_ROUNDS)
        return [] if decision.recommended is None else [decision.recommended.configuration]

    def _is_noisy(self, field: Sequence[Configuration]) -> bool:
        return self._noise(field) > 0.1

    def _late(self, count: int) -> bool:
        """Whether another round would go beyond the time."""
        a_round = (count + 1) * len(self.wishes.clients) * (self.plan.window(3) + plan.OVERHEAD_S)
        return time.monotonic() - self.began + a_round + plan.END_S > plan.SECONDS

    # -- what follows

    def _figures(self, configuration: Configuration) -> ConfigurationFigures:
        return figures.figures(configuration, self.runners[configuration].rounds, self.wishes.budget_ms)

    def _finalists(
        self, field: Iterable[Configuration]
    ) -> list[tuple[ConfigurationFigures, Sequence[Round]]]:
        kept = dict.fromkeys([*field, DEFAULT])
        return [
            (self._figures(one), self.runners[one].rounds)
            for one in kept
            if self._alive(one) and self.runners[one].rounds
        ]

    def _noise(self, field: Iterable[Configuration]) -> float:
        return figures.noise(self._finalists(field))

    def _all_figures(self, field: Iterable[Configuration]) -> list[ConfigurationFigures]:
        """Of every configuration that lives, as they would be in the last rounds."""
        finalists = self._finalists(field)
        last = {measured.configuration for measured, _rounds in finalists}
        every = []
        for configuration, runner in self.runners.items():
            if runner.rounds and not runner.problem:
                measured = self._figures(configuration)
                if configuration not in last:
                    measured = figures.in_the_same_minutes(measured, runner.rounds, finalists)
                every.append(measured)
        return every

    def _result(self, field: Sequence[Configuration]) -> TuneResult:
        measured, noise = self._all_figures(field), self._noise(field)
        rounds = max((len(figures.longest(rounds)) for _one, rounds in self._finalists(field)), default=0)
        decision = decide.decide(measured, noise, rounds)
        default = next((one for one in measured if one.configuration == DEFAULT), None)
        open_loop = self._open_loop(decision.recommended, default)
        self.progress(_("stopping the server"), plan.END_S)
        self.close()
        wishes = self.wishes
        return TuneResult(
            file=wishes.file,
            function=wishes.function,
            protocol=wishes.protocol,
            generator=wishes.generator,
            clients=wishes.clients,
            budget_ms=wishes.budget_ms,
            configurations=tuple(sorted(measured, key=decide.score, reverse=True)),
            failed=tuple(
                FailedConfiguration(**_fields(runner.configuration), problem=runner.problem)
                for runner in self.runners.values()
                if runner.problem
            ),
            default=default,
            recommended=decision.recommended,
            nearest=decision.nearest,
            equal=decision.equal,
            reason=decision.reason,
            noise=noise,
            gain=decide.gain(decision.recommended, default),
            open_loop=tuple(open_loop),
            surroundings=self.watcher.surroundings(),
            seconds=round(time.monotonic() - self.began, 1),
        )

    def _open_loop(self, *measured: Optional[ConfigurationFigures]) -> Iterable[OpenLoop]:
        """The recommended one and the default at each rate of --rate."""
        configurations = dict.fromkeys(one.configuration for one in measured if one is not None)
        found: list[OpenLoop] = []
        for rate in self.wishes.rates:
            for configuration in configurations:
                if self.meter is None:
                    return found
                self.progress(_("{rate} requests a second", rate=f"{rate:g}"), _OPEN_LOOP_S)
                try:
                    found.append(self.meter.open_loop(configuration, rate, _OPEN_LOOP_S))
                except (Died, Ended):
                    return found
        return found


def _fields(configuration: Configuration) -> dict[str, Any]:
    return {name: getattr(configuration, name) for name in configuration.__struct_fields__}
