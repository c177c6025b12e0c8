"""The race: all configurations measured in turn, the better half again, and so on.

It knows no server: `Track` (track.py) binds and measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional, Protocol

from tritondoctor.support.messages import _
from tritondoctor.tuning import decide, figures, grid, plan
from tritondoctor.tuning.measure import Died
from tritondoctor.tuning.model import (
    DEFAULT,
    LEAST_NOISE,
    Contender,
    ContenderFigures,
    LoadFigures,
    Round,
)

#: with how many clients a configuration is measured in a round
Numbers = Callable[[Contender], Sequence[int]]


class Lane(Protocol):
    """What a race needs of its track."""

    over: bool

    def elapsed(self) -> float:
        """The seconds since the start."""

    def bind(self, configuration: Contender) -> str:
        """Bind a configuration.  Return what went wrong, or ""."""

    def measure(
        self, configuration: Contender, clients: Sequence[int], seconds: float, *, spending: bool
    ) -> list[LoadFigures]:
        """Measure a configuration once.  Raises Died."""


@dataclass
class Runner:
    """A configuration in the race: its rounds, and how it died or ""."""

    configuration: Contender
    rounds: list[Round] = field(default_factory=list)
    problem: str = ""


class Race:
    """Runs one; then `runners` has what was measured, `finalists` who was measured to the end."""

    def __init__(
        self,
        lane: Lane,
        clients: tuple[int, ...],
        most_instances: int,
        budget_ms: Optional[float],
        progress: Callable[[str, float], None],
        seconds: float = plan.SECONDS,
    ) -> None:
        self.lane, self.clients, self.most_instances = lane, clients, most_instances
        self.budget_ms, self.progress, self.seconds = budget_ms, progress, seconds
        self.runners: dict[Contender, Runner] = {}
        self.finalists: list[Contender] = []
        self.left_out = 0  # configurations that there was no time to bind
        self._number = 0
        self._windows, self._beyond_s = 0, 0.0  # how much longer windows lasted than they should

    def run(self, threads: Sequence[Optional[int]]) -> None:
        """Run it to the end, or until the track is over."""
        configurations = grid.first(self.clients, self.most_instances, threads)
        began = self.lane.elapsed()
        self._enter(configurations)
        bind_s = (self.lane.elapsed() - began) / max(len(self.runners), 1)
        self.plan = plan.of(
            len(self.runners), len(self._early()), len(self.clients),
            self.seconds - self.lane.elapsed() - plan.END_S - plan.NEIGHBOURS * bind_s,
        )  # fmt: skip
        field = list(self.runners)
        field = self._step(0, field, -(-len(field) // 2))
        field = self._step(1, field, plan.LEADERS)
        field += self._refine(field)
        field = self._step(2, field, plan.FINALISTS)
        self._last(field)

    def _enter(self, configurations: Sequence[Contender]) -> None:
        """Bind them while there is time; the first ones are those that tell most."""
        for number, configuration in enumerate(configurations):
            if number >= plan.LEAST_FIELD and self.lane.elapsed() > plan.BIND_UNTIL * self.seconds:
                self.left_out = len(configurations) - number
                return
            words = _("binding {number} of {count}", number=number + 1, count=len(configurations))
            self._bind(configuration, words)

    def _bind(self, configuration: Contender, words: str) -> None:
        self._progress(words)
        runner = self.runners[configuration] = Runner(configuration)
        runner.problem = self.lane.bind(configuration)

    # -- the steps

    def _early(self) -> tuple[int, ...]:
        """The numbers of clients of the first round: without a budget the largest decide."""
        return self.clients if self.budget_ms is not None else self.clients[-2:]

    def _all(self, candidate: Contender) -> tuple[int, ...]:
        return self.clients

    def _deciding(self, candidate: Contender) -> tuple[int, ...]:
        """The numbers of clients that its place in the field depends on, once it was measured."""
        if not self._counts(candidate):
            return self._early()
        return figures.deciding(self.figures(candidate), self.budget_ms)

    def _step(self, step: int, field: Sequence[Contender], keep: int) -> list[Contender]:
        """Measure the field in the step's rounds; return those that stay, best first."""
        for _round in range(self.plan.steps[step].rounds):
            if self._number and self._late(self._reserve()):
                break
            self._round(step, field, self._deciding)
        measured = [self.figures(candidate) for candidate in field if self._counts(candidate)]
        if self._late(self._reserve()):
            keep = min(keep, 2)
        return [candidate.configuration for candidate in decide.survivors(measured, keep)]

    def _refine(self, field: Sequence[Contender]) -> list[Contender]:
        """Bind configurations around the leader."""
        if not field or self.lane.over or self._late(self._reserve()):
            return []
        new = grid.neighbours(field[0], list(self.runners), self.most_instances)
        for configuration in new:
            self._bind(configuration, _("binding around the leader"))
        return new

    def _last(self, field: list[Contender]) -> None:
        """The rounds that count, until they tell equal from slower or the time is over."""
        self.finalists = field
        for number in range(plan.MOST_LAST_ROUNDS):
            undecided = self._undecided(field)
            needed = self._needed(undecided, self._in_the_end) + self._needed(self._compared(), self._all)
            if self.lane.over or (
                number >= decide.LEAST_ROUNDS and (self._late(needed) or self._clear(undecided, number))
            ):
                break
            self._round(plan.LAST, undecided, self._in_the_end)
            field += self._late_entry(field)
        compared = self._compared()
        if compared and not self._late(self._needed(compared, self._all)):
            self._round(plan.LAST - 1, compared, self._all)

    def _compared(self) -> list[Contender]:
        """Those that the pictures compare with the recommended one, and that lack numbers of clients."""
        best = self.decision().recommended
        if best is None:
            return []
        compared = grid.compared(best.configuration, list(self.runners))
        return [
            candidate
            for candidate in compared
            if candidate not in self.finalists and self._counts(candidate)
        ]

    def _in_the_end(self, candidate: Contender) -> tuple[int, ...]:
        """Every number of clients, for the pictures; in later rounds those that decide."""
        whole = len(self._last_rounds(candidate)) < plan.WHOLE_ROUNDS
        return self.clients if whole else self._deciding(candidate)

    def _last_rounds(self, candidate: Contender) -> list[Round]:
        window = self.plan.window(plan.LAST)
        return [round_ for round_ in self.runners[candidate].rounds if round_.seconds >= window]

    def _undecided(self, field: Sequence[Contender]) -> list[Contender]:
        """Those that may still be equal to the best, and those that were not measured often enough."""
        counts = {candidate: len(self._last_rounds(candidate)) for candidate in field}
        tested = [
            self.figures(candidate)
            for candidate in field
            if counts[candidate] >= decide.LEAST_ROUNDS and self._counts(candidate)
        ]
        doubted = decide.in_doubt(
            tested, self.noise(field), max(counts.values(), default=0), self.budget_ms
        )
        closed = {measured.configuration for measured in tested if measured not in doubted}
        return [candidate for candidate in field if candidate not in closed]

    def _clear(self, undecided: Sequence[Contender], rounds: int) -> bool:
        """Whether more rounds would say nothing more."""
        surely = decide.by_chance(self.noise(undecided), rounds) <= LEAST_NOISE
        return surely or (len(undecided) < 2 and rounds >= plan.LAST_ROUNDS)

    def _late_entry(self, field: Sequence[Contender]) -> list[Contender]:
        """Who would be recommended or the best by what was seen early must show it in the last rounds."""
        measured = self.all_figures(field)
        decision = decide.decide(measured, self.noise(field), decide.LEAST_ROUNDS)
        wanted = [] if decision.recommended is None else [decision.recommended.configuration]
        wanted += [max(measured, key=decide.score).configuration] if measured else []
        known = {*field, DEFAULT}
        return [candidate for candidate in dict.fromkeys(wanted) if candidate not in known]

    def _round(self, step: int, field: Sequence[Contender], numbers: Numbers) -> None:
        """One round: each configuration of the field, and the default, in turn."""
        self._number += 1
        for configuration in dict.fromkeys([*field, DEFAULT]):
            runner = self.runners[configuration]
            if not runner.problem and not self.lane.over:
                words = _(
                    "step {step} of {steps}: {count} configurations",
                    step=step + 1, steps=len(self.plan.steps), count=len(field),
                )  # fmt: skip
                self._progress(words)
                self._measure(runner, numbers(configuration), self.plan.window(step), step == plan.LAST)

    def _measure(self, runner: Runner, clients: Sequence[int], seconds: float, spending: bool) -> None:
        began = self.lane.elapsed()
        try:
            loads = self.lane.measure(runner.configuration, clients, seconds, spending=spending)
        except Died as death:
            runner.problem = str(death)
            return
        self._windows += len(clients)
        self._beyond_s += self.lane.elapsed() - began - seconds * len(clients)
        if loads:
            runner.rounds.append(Round(self._number, seconds, tuple(loads)))

    # -- the time

    def _progress(self, words: str) -> None:
        self.progress(words, max(0.0, self.seconds - self.lane.elapsed()))

    def _reserve(self) -> float:
        """The seconds that the fewest last rounds need."""
        return decide.LEAST_ROUNDS * self._windows_s((plan.LEADERS + 1) * len(self.clients))

    def _needed(self, field: Sequence[Contender], numbers: Numbers) -> float:
        """The seconds of a round."""
        return self._windows_s(sum(len(numbers(candidate)) for candidate in {*field, DEFAULT}))

    def _windows_s(self, count: int) -> float:
        beyond = self._beyond_s / self._windows if self._windows else plan.OVERHEAD_S
        return count * (self.plan.window(plan.LAST) + beyond)

    def _late(self, needed: float) -> bool:
        """Whether what needs so many seconds would go beyond the time."""
        return self.lane.elapsed() + needed + plan.END_S > self.seconds

    # -- what follows

    def _counts(self, configuration: Contender) -> bool:
        runner = self.runners[configuration]
        return bool(runner.rounds) and not runner.problem

    def figures(self, configuration: Contender) -> ContenderFigures:
        """The figures of one that was measured."""
        return figures.figures(configuration, self.runners[configuration].rounds, self.budget_ms)

    def _to_the_end(self, field: Iterable[Contender]) -> list[tuple[ContenderFigures, Sequence[Round]]]:
        kept = dict.fromkeys([*field, DEFAULT])
        return [
            (self.figures(candidate), self.runners[candidate].rounds)
            for candidate in kept
            if self._counts(candidate)
        ]

    def noise(self, field: Iterable[Contender]) -> float:
        """How much the rounds of those that were measured to the end differ."""
        return figures.noise(self._to_the_end(field))

    def decision(self) -> decide.Decision:
        """What follows from all that was measured."""
        last = [
            (candidate, len(self._last_rounds(candidate)))
            for candidate in dict.fromkeys([*self.finalists, DEFAULT])
            if self._counts(candidate)
        ]
        most = max((count for _contender, count in last), default=0)
        ends = {candidate for candidate, count in last if count >= max(1, min(most, decide.LEAST_ROUNDS))}
        return decide.decide(self.all_figures(self.finalists), self.noise(self.finalists), most, ends)

    def all_figures(self, field: Iterable[Contender]) -> list[ContenderFigures]:
        """Of every configuration that lives, as they would be in the last rounds."""
        ends = self._to_the_end(field)
        last = {measured.configuration: measured for measured, _rounds in ends}
        every = []
        for configuration, runner in self.runners.items():
            if configuration in last:
                every.append(last[configuration])
            elif self._counts(configuration):
                measured = self.figures(configuration)
                every.append(figures.in_the_same_minutes(measured, runner.rounds, ends))
        return every
