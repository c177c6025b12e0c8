"""The least invasive set of remedies that, tried on the model, leaves no error.

A search over worlds in the order of their cost: each remedy of a finding that is left leads to
another world, in which facts, loader and checks are run again.  So the cure of a fault that a cure
causes is found like any other.
"""

from __future__ import annotations

import heapq
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from tritondoctor.checks import Finding, examine
from tritondoctor.checks.edits import CommentOut, Conda, Edit, Link, Mode, Move, Pip, Variable
from tritondoctor.checks.library_path import LIBS
from tritondoctor.checks.model import Remedy, cure
from tritondoctor.facts import Facts
from tritondoctor.remedies.habit import Habit
from tritondoctor.remedies.operations import Operation, RemedyError
from tritondoctor.remedies.packages import PackageChange
from tritondoctor.remedies.permits import Permits
from tritondoctor.remedies.simulate import Simulation, World, changed, serious
from tritondoctor.remedies.workshop import Workshop

_MOST_WORLDS, _MOST_SECONDS = 80, 120.0
#: how much a change invades: one link counts 1
_COST = {Link: 1.0, Mode: 1.0, Pip: 4.0, Move: 5.0, Conda: 8.0, CommentOut: 3.0, Variable: 20.0}
_ELSEWHERE_TOO = 2.0


class Step(NamedTuple):
    """A remedy of a plan and the finding that it removes (None: it was asked for).

    `packages` are conda's that it changes, `commands` what does the same by hand.
    """

    finding: Optional[Finding]
    remedy: Remedy
    operations: tuple[Operation, ...]
    packages: tuple[PackageChange, ...] = ()
    commands: tuple[str, ...] = ()


class Refused(NamedTuple):
    """A remedy that would help and cannot be made here."""

    finding: Optional[Finding]
    remedy: Remedy
    why: str


class Plan(NamedTuple):
    """Steps in order.  `left` are the findings that remain (none where it is complete); `variables`
    must be changed in the shell by hand; `facts` are those of the simulated result.
    """

    steps: tuple[Step, ...]
    left: tuple[Finding, ...]
    variables: dict[str, Optional[str]]
    facts: Facts

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Everything that is made, in order."""
        return tuple(one for step in self.steps for one in step.operations)


class Planning(NamedTuple):
    """What planning came to: the complete plan or None, the best incomplete one, what was refused."""

    plan: Optional[Plan]
    partial: Optional[Plan]
    refused: tuple[Refused, ...]


class Planner:
    """Plans for one target."""

    def __init__(
        self,
        simulation: Simulation,
        workshop: Workshop,
        permits: Permits,
        *,
        habit: Optional[Habit] = None,
        strict: bool = False,
    ) -> None:
        self.simulation, self.workshop, self.permits = simulation, workshop, permits
        self.habit, self.strict = habit, strict
        self.refused: dict[Edit | str, Refused] = {}

    def plan(self, findings: Sequence[Finding]) -> Planning:
        """Plans that remove the serious ones among `findings`."""
        started, number = time.monotonic(), itertools.count()
        queue: list[tuple[float, int, tuple[Step, ...], Optional[Finding]]] = [(0.0, 0, (), None)]
        seen: set[frozenset[str]] = {frozenset()}
        best: Optional[Plan] = None
        worlds = 0
        while queue and worlds < _MOST_WORLDS and time.monotonic() - started < _MOST_SECONDS:
            cost, _, chosen, aim = heapq.heappop(queue)
            steps = self._made(chosen)
            if steps is None:
                continue
            worlds += 1
            found, facts = self._try(steps)
            if aim is not None and aim in found.left:
                continue  # it did not help
            if not found.left:
                return Planning(found, None, tuple(self.refused.values()))
            if steps and _better(found, best, serious(findings, strict=self.strict)):
                best = found
            for finding in found.left:
                for remedy, price in self._remedies(finding, facts):
                    step = Step(finding, remedy, ())
                    key = frozenset(str(one.remedy.edits) for one in (*steps, step))
                    if key not in seen:
                        seen.add(key)
                        heapq.heappush(queue, (cost + price, next(number), (*steps, step), finding))
        return Planning(None, best, tuple(self.refused.values()))

    def _made(self, chosen: tuple[Step, ...]) -> Optional[tuple[Step, ...]]:
        """The steps with the last one's operations made ready; None where it cannot be made here."""
        if not chosen:
            return ()
        last = chosen[-1]
        try:
            operations = tuple(
                one for edit in last.remedy.edits for one in self.workshop.operations(edit)
            )
            self.permits.examine(operations)
            self._examine_links(operations)
        except RemedyError as failure:
            key = str(last.remedy.edits)
            self.refused.setdefault(key, Refused(last.finding, last.remedy, str(failure)))
            return None
        packages = self.workshop.packages(last.remedy.edits)
        commands = self.workshop.commands(last.remedy.edits)
        return (*chosen[:-1], last._replace(operations=operations, packages=packages, commands=commands))

    def _examine_links(self, operations: Sequence[Operation]) -> None:
        """Outside its own environment a fix replaces no link: it is there for another one."""
        prefix = self.simulation.prefix
        for one in operations:
            if isinstance(one, Link) and not one.path.startswith(prefix + "/"):
                there = os.path.exists(one.path)
                if there and os.path.realpath(one.path) != os.path.realpath(one.target):
                    raise RemedyError(f"{one.path} is there already, perhaps for another environment")

    def _try(self, steps: tuple[Step, ...]) -> tuple[Plan, Facts]:
        """The plan that the steps are, and the facts of the world in which something is left."""
        operations = tuple(one for step in steps for one in step.operations)
        variables = {
            edit.name: edit.value
            for step in steps
            for edit in step.remedy.edits
            if isinstance(edit, Variable)
        }
        facts = seen = self.simulation.facts(World(operations, variables))
        left = serious(examine(facts), strict=self.strict)
        if self.habit is not None and not left:
            # it has to work as well once the environment is activated with the scripts asked for
            active = self.habit.variables(changed(self.simulation.target.variables, variables))
            seen = self.simulation.facts(World(operations, {**variables, **active}))
            left = serious(examine(seen), strict=self.strict)
        return Plan(steps, tuple(left), variables, facts), seen

    def _remedies(self, finding: Finding, facts: Facts) -> Iterator[tuple[Remedy, float]]:
        """What could remove a finding, with its price."""
        for remedy in finding.remedies:
            if remedy.edits:
                yield remedy, sum(self._price(edit, facts) for edit in remedy.edits)
                other = _where_it_is_first(remedy, facts)
                if other is not None:
                    yield other, sum(self._price(edit, facts) for edit in other.edits)

    def _price(self, edit: Edit, facts: Facts) -> float:
        if isinstance(edit, Conda) and self.habit is not None:
            return 0.5
        outside = isinstance(edit, Link) and not edit.path.startswith(facts.interpreter.prefix + "/")
        return _COST[type(edit)] + (_ELSEWHERE_TOO if outside else 0.0)


def _where_it_is_first(remedy: Remedy, facts: Facts) -> Optional[Remedy]:
    """The same link in PYTRITON_HOME, for where the wheel's own folder cannot be written."""
    installed, launch = facts.pytriton, facts.launch
    if installed is None or launch is None:
        return None
    home = os.path.join(launch.workspace.path, LIBS)
    moved = [
        Link(os.path.join(home, os.path.basename(one.path)), one.target, new_folder=True)
        for one in remedy.edits
        if isinstance(one, Link) and os.path.dirname(one.path) == installed.libs
    ]
    return cure(f"{remedy.id}-first", remedy.title, *moved) if moved else None


def _better(found: Plan, best: Optional[Plan], before: Sequence[Finding]) -> bool:
    """Whether it removes more of what there was, and brings nothing new."""
    ids = {one.id for one in before}
    if any(one.id not in ids for one in found.left) or len(found.left) >= len(before):
        return False
    return best is None or len(found.left) < len(best.left)
