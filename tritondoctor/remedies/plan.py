"""Find the least invasive set of remedies that leaves no error in a simulation.

A search over worlds in the order of their cost: each remedy of a finding that is left leads to
another world, in which facts, loader and checks are run again.  So the cure of a fault that a cure
causes is found like any other.
"""

from __future__ import annotations

import heapq
import itertools
import math
import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from tritondoctor.checks import Finding, examine
from tritondoctor.checks.edits import (
    CommentOut,
    Conda,
    CondaVariable,
    Edit,
    Link,
    Mode,
    Move,
    Pip,
    Variable,
)
from tritondoctor.checks.model import Remedy
from tritondoctor.facts import Facts
from tritondoctor.facts.imports.model import UnmetRequirement
from tritondoctor.remedies import reach
from tritondoctor.remedies.activation_settings import ActivationSettings
from tritondoctor.remedies.links_first import where_it_is_first
from tritondoctor.remedies.operations import Operation, PutFile, RemedyError
from tritondoctor.remedies.packages import PackageChange
from tritondoctor.remedies.permissions import Permissions
from tritondoctor.remedies.simulate import Simulation, World, changed, serious
from tritondoctor.remedies.staging import Staging
from tritondoctor.remedies.together import choices

_MOST_WORLDS, _MOST_SECONDS = 80, 120.0
#: how much a change invades: one link counts 1
_COST = {
    Link: 1.0, Mode: 1.0, Pip: 4.0, Move: 5.0, Conda: 8.0, CommentOut: 3.0, CondaVariable: 3.0,
    Variable: 20.0,
}  # fmt: skip
_ELSEWHERE_TOO = 2.0
#: how much more may be paid for a plan that breaks nothing beside
_MOST_COST_MORE = 8.0


class Step(NamedTuple):
    """A remedy of a plan and the finding that it removes (None: it was asked for).

    `packages` are conda's that it changes, `commands` what does the same by hand.
    """

    finding: Optional[Finding]
    remedy: Remedy
    operations: tuple[Operation, ...]
    packages: tuple[PackageChange, ...] = ()
    commands: tuple[str, ...] = ()


class RefusedRemedy(NamedTuple):
    """A remedy that would help and cannot be made here."""

    finding: Optional[Finding]
    remedy: Remedy
    why: str


class Plan(NamedTuple):
    """Steps in order.  `left` are the findings that remain (none where it is complete); `variables`
    must be changed in the shell by hand; `facts` are those of the simulated result.  `breaks` are the
    requirements of other packages that hold before it and not after it, `unsettled` those that did not
    hold and do not with another version either.
    """

    steps: tuple[Step, ...]
    left: tuple[Finding, ...]
    variables: dict[str, Optional[str]]
    facts: Facts
    breaks: tuple[UnmetRequirement, ...] = ()
    unsettled: tuple[UnmetRequirement, ...] = ()

    @property
    def lasting(self) -> dict[str, Optional[str]]:
        """The variables that later shells need too."""
        edits = [edit for step in self.steps for edit in step.remedy.edits]
        return {edit.name: edit.value for edit in edits if isinstance(edit, Variable) and edit.lasting}

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Everything that is made, in order."""
        return tuple(operation for step in self.steps for operation in step.operations)


class Planning(NamedTuple):
    """What planning came to: the complete plan or None, the best incomplete one, what was refused.

    `gave_up` says where the search ended before all was tried.
    """

    plan: Optional[Plan]
    partial: Optional[Plan]
    refused: tuple[RefusedRemedy, ...]
    gave_up: str = ""


class Way(NamedTuple):
    """Remedies in order and their cost; `aim` is the finding that the last one is to remove."""

    cost: float
    number: int
    steps: tuple[Step, ...]
    aim: Optional[Finding]


class Planner:
    """Plans for one target."""

    def __init__(
        self,
        simulation: Simulation,
        staging: Staging,
        permissions: Permissions,
        *,
        activation: Optional[ActivationSettings] = None,
        strict: bool = False,
    ) -> None:
        self.simulation, self.staging, self.permissions = simulation, staging, permissions
        self.activation, self.strict = activation, strict
        self.refused: dict[Edit | str, RefusedRemedy] = {}

    def plan(self, findings: Sequence[Finding]) -> Planning:
        """Plans that remove the serious ones among `findings`."""
        self._begin()
        before = serious(findings, strict=self.strict)
        complete: Optional[Plan] = None
        partial: Optional[Plan] = None
        last = math.inf
        while self._queue and self._queue[0].cost <= last and not self._exhausted():
            way = heapq.heappop(self._queue)
            steps = self._made(way.steps)
            if steps is None:
                continue
            self._worlds += 1
            found, facts = self._try(steps)
            if way.aim is not None and way.aim in found.left:
                self._refuse(steps[-1], "simulated on this machine's files, it does not fix this")
                continue
            if not found.left and not found.breaks and not found.unsettled:
                return Planning(found, None, tuple(self.refused.values()))
            if not found.left and _gentler(found, complete):
                complete, last = found, min(last, way.cost + _MOST_COST_MORE)
            if steps and _better(found, partial, before):
                partial = found
            self._go_on(way, steps, found, facts)
        refused = tuple(self.refused.values())
        return Planning(complete, None if complete else partial, refused, self._exhausted())

    def _begin(self) -> None:
        self._queue: list[Way] = [Way(0.0, 0, (), None)]
        self._seen: set[frozenset[str]] = {frozenset()}
        self._numbers, self._worlds = itertools.count(1), 0
        self._started = time.monotonic() - self.staging.waited

    def _exhausted(self) -> str:
        """Why the search has to end, or ""; the time that pip or conda takes to fetch does not count."""
        seconds = time.monotonic() - self._started - self.staging.waited
        if self._queue and (seconds > _MOST_SECONDS or self._worlds >= _MOST_WORLDS):
            return f"gave up after {self._worlds} simulations and {seconds:.0f} s; a plan may still exist"
        return ""

    def _go_on(self, way: Way, steps: tuple[Step, ...], found: Plan, facts: Facts) -> None:
        """Put the ways that lead on from a world into the queue."""
        for finding in found.left:
            for remedy, price in self._remedies(finding, facts):
                self._push(way.cost + price, (*steps, Step(finding, remedy, ())), finding)
        conflicts = (*found.breaks, *found.unsettled)
        for number, step in enumerate(steps if conflicts else ()):
            for choice in choices(step.remedy, conflicts, self.simulation.environment(World((), {}))):
                other = Step(step.finding, choice.remedy, ())
                self._push(
                    way.cost + choice.price, (*steps[:number], other, *steps[number + 1 :]), step.finding
                )

    def _push(self, cost: float, steps: tuple[Step, ...], aim: Optional[Finding]) -> None:
        key = frozenset(str(step.remedy.edits) for step in steps)
        if key not in self._seen:
            self._seen.add(key)
            heapq.heappush(self._queue, Way(cost, next(self._numbers), steps, aim))

    def _made(self, chosen: tuple[Step, ...]) -> Optional[tuple[Step, ...]]:
        """The steps with their operations made ready; None where one cannot be made here."""
        made = []
        for step in chosen:
            try:
                made.append(step if step.operations else self._ready(step))
            except RemedyError as failure:
                self._refuse(step, str(failure))
                return None
        return tuple(made)

    def _ready(self, step: Step) -> Step:
        edits = step.remedy.edits
        operations = tuple(operation for edit in edits for operation in self.staging.operations(edit))
        self.permissions.examine(operations)
        reach.examine(operations, self.staging.prefix)
        self._examine_links(operations)
        _examine_files(operations)
        packages, commands = self.staging.packages(edits), self.staging.commands(edits)
        return step._replace(operations=operations, packages=packages, commands=commands)

    def _refuse(self, step: Step, why: str) -> None:
        key = str(step.remedy.edits)
        self.refused.setdefault(key, RefusedRemedy(step.finding, step.remedy, why))

    def _examine_links(self, operations: Sequence[Operation]) -> None:
        """Outside its own environment a fix replaces no link: it is there for another one."""
        prefix = self.simulation.prefix
        for operation in operations:
            if isinstance(operation, Link) and not operation.path.startswith(prefix + "/"):
                there = os.path.exists(operation.path)
                if there and os.path.realpath(operation.path) != os.path.realpath(operation.target):
                    raise RemedyError(f"{operation.path} already exists, perhaps for another environment")

    def _try(self, steps: tuple[Step, ...]) -> tuple[Plan, Facts]:
        """The plan that the steps are, and the facts of the world in which something is left."""
        operations = tuple(operation for step in steps for operation in step.operations)
        variables = {
            edit.name: edit.value
            for step in steps
            for edit in step.remedy.edits
            if isinstance(edit, Variable)
        }
        facts = seen = self.simulation.facts(World(operations, variables))
        left = serious(examine(facts), strict=self.strict)
        if self.activation is not None and not left:
            # it has to work as well once the environment is activated with the scripts asked for
            active = self.activation.variables(changed(self.simulation.target.variables, variables))
            seen = self.simulation.facts(World(operations, {**variables, **active}))
            left = serious(examine(seen), strict=self.strict)
        breaks, unsettled = self._conflicts(World(operations, variables))
        return Plan(steps, tuple(left), variables, facts, breaks, unsettled), seen

    def _conflicts(
        self, world: World
    ) -> tuple[tuple[UnmetRequirement, ...], tuple[UnmetRequirement, ...]]:
        """Requirements that the world breaks, and those that it leaves broken with another version."""
        if all(isinstance(operation, (Link, Mode, Move)) for operation in world.operations):
            return (), ()
        before = self.simulation.environment(World((), {})).unmet()
        known = {requirement.claim for requirement in before}
        new = sorted(self.simulation.environment(world).unmet() - before, key=lambda unmet: unmet.claim)
        new = [requirement for requirement in new if not self.permissions.may_break(requirement.name)]
        breaks = tuple(requirement for requirement in new if requirement.claim not in known)
        return breaks, tuple(requirement for requirement in new if requirement.claim in known)

    def _remedies(self, finding: Finding, facts: Facts) -> Iterator[tuple[Remedy, float]]:
        """What could remove a finding, with its price."""
        for remedy in finding.remedies:
            if remedy.edits:
                yield remedy, sum(self._price(edit, facts) for edit in remedy.edits)
                other = where_it_is_first(remedy, facts)
                if other is not None:
                    yield other, sum(self._price(edit, facts) for edit in other.edits)

    def _price(self, edit: Edit, facts: Facts) -> float:
        if isinstance(edit, Conda) and self.activation is not None:
            return 0.5
        outside = isinstance(edit, Link) and not edit.path.startswith(facts.interpreter.prefix + "/")
        return _COST[type(edit)] + (_ELSEWHERE_TOO if outside else 0.0)


def _examine_files(operations: Sequence[Operation]) -> None:
    """A file cannot take the place of a folder, of which nobody knows what it holds."""
    puts = (operation.path for operation in operations if isinstance(operation, PutFile))
    for path in puts:
        if os.path.isdir(path) and not os.path.islink(path):
            raise RemedyError(f"{path} is a folder; move it away first")


def _gentler(found: Plan, best: Optional[Plan]) -> bool:
    """Whether a plan breaks fewer other packages than the best so far."""
    if best is None:
        return True
    return (len(found.breaks), len(found.unsettled)) < (len(best.breaks), len(best.unsettled))


def _better(found: Plan, best: Optional[Plan], before: Sequence[Finding]) -> bool:
    """Whether it removes more of what there was, and brings nothing new."""
    ids = {finding.id for finding in before}
    if any(finding.id not in ids for finding in found.left) or len(found.left) >= len(before):
        return False
    if best is None or bool(found.breaks) != bool(best.breaks):
        return best is None or not found.breaks
    return len(found.left) < len(best.left)
