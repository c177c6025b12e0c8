"""A fix from beginning to end: examine, plan, show, ask, apply, verify."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from shlex import quote
from types import MappingProxyType
from typing import Literal, NamedTuple, Optional, Protocol

import msgspec
from packaging.utils import canonicalize_name

from tritondoctor.checks import Finding, examine
from tritondoctor.checks.model import Remedy, text
from tritondoctor.facts import Facts, gather
from tritondoctor.facts.interpreter.replay import hold
from tritondoctor.loader import Files
from tritondoctor.remedies import activation_settings, reach
from tritondoctor.remedies.activation_settings import ActivationSettings
from tritondoctor.remedies.apply import apply, is_made
from tritondoctor.remedies.command import ProgramWatch
from tritondoctor.remedies.journal import Journal, begin, journals
from tritondoctor.remedies.link_map_diff import LinkMapChange, link_maps
from tritondoctor.remedies.neighbours import Lost, WorkingImports, at_stake
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.permissions import Permissions
from tritondoctor.remedies.plan import Plan, Planner, Planning, RefusedRemedy, Step
from tritondoctor.remedies.prefix_lock import HeldPrefix, locked
from tritondoctor.remedies.simulate import Simulation, World, changed, serious
from tritondoctor.remedies.staging import Staging
from tritondoctor.remedies.undo import take_back
from tritondoctor.selftest.model import SelfTest
from tritondoctor.target import Target

Outcome = Literal[
    "sound", "fixed", "incomplete", "no-plan", "planned", "declined", "undone", "failed",
    "breaking", "broke",
]  # fmt: skip


#: a plan leaves no such error: it came while the plan was applied
_OF_THE_MOMENT = "port-in-use"
_BUILD = (
    "For this Python there is no wheel of what is needed, only a source archive. To build that runs its "
    "code, needs a compiler and takes minutes. Build it for the plan?"
)


class Options(NamedTuple):
    """What the user asked for; `conda` and `venv` ask for activation scripts too; with `may_build` source
    archives of an index are built for the plan.
    """

    conda: bool = False
    venv: bool = False
    dry_run: bool = False
    partial: bool = False
    selftest: bool = True
    strict: bool = False
    channels: tuple[str, ...] = ()
    permissions: Permissions = Permissions()
    may_build: bool = False


class FixTalk(Protocol):
    """Reports progress to the user and asks questions."""

    def say(self, message: str) -> None:
        """One line of what is going on."""

    def show(
        self, target: Target, before: Facts, findings: Sequence[Finding], planning: Planning
    ) -> None:
        """What is wrong and what would be done."""

    def ask(self, question: str) -> bool:
        """Yes or no."""

    def offer(self, question: str) -> bool:
        """Yes or no, and no where nobody is asked."""

    def selftest(self, target: Target, facts: Facts) -> SelfTest:
        """Serve Linear in the target and show progress."""


class Fixed(NamedTuple):
    """What came of it.  `facts` and `findings` are those of the end, `variables` what the shell still
    needs, `proof` the self-test, `lost` the modules that are no longer imported, and `why` what stood
    in the way.
    """

    outcome: Outcome
    facts: Facts
    findings: tuple[Finding, ...]
    planning: Optional[Planning] = None
    link_maps: Sequence[LinkMapChange] = ()
    fix: str = ""
    variables: Mapping[str, Optional[str]] = MappingProxyType({})
    proof: Optional[SelfTest] = None
    lost: tuple[Lost, ...] = ()
    why: str = ""

    @property
    def exit_code(self) -> int:
        """0 only where the environment is sound now, with the variables as they are."""
        return int(self.outcome not in ("sound", "fixed"))


def run(target: Target, options: Options, talk: FixTalk) -> Fixed:
    """Repair the target.  Raises RemedyError, with nothing changed, where the
    options do not fit the target or another doctor is at work.
    """
    interview = hold(target)
    simulation = Simulation(target, interview)
    facts = simulation.facts(World((), {}))
    prefix = _prefix(target, facts)
    with _alone(prefix, options) as held:
        if not options.dry_run and _recovered(target, prefix, talk):
            simulation = Simulation(target, hold(target))
            facts = simulation.facts(World((), {}))
        activation = activation_settings.requested(facts, conda=options.conda, venv=options.venv)
        findings = examine(facts)
        if not serious(findings, strict=options.strict) and activation is None:
            return _verified(target, facts, findings, options, talk, Fixed("sound", facts, findings))
        _examine_names(options.permissions, simulation)
        with Staging(target, options.channels, talk.say, prefix, may_build=options.may_build) as staging:
            planning = _with_activation(
                _planned(simulation, staging, options, activation, findings, talk),
                activation, facts, staging, options.permissions,
            )  # fmt: skip
            if planning.plan is not None and not planning.plan.steps:
                return _verified(target, facts, findings, options, talk, Fixed("sound", facts, findings))
            talk.show(target, facts, serious(findings, strict=options.strict), planning)
            plan = planning.plan or (planning.partial if options.partial else None)
            maps = link_maps(facts, plan.facts) if plan else []
            result = Fixed("planned", facts, findings, planning, maps)
            if plan is None:
                return result._replace(outcome="no-plan")
            if plan.breaks:
                return result._replace(outcome="breaking")
            if options.dry_run:
                return result
            if not plan.operations:
                result = result._replace(variables=plan.variables)
                return _verified(target, facts, findings, options, talk, result)
            if not talk.ask("Apply this plan?"):
                return result._replace(outcome="declined")
            imports = _imports(target, simulation, plan, talk)
            result = _apply(target, held, plan, talk, result)
            if not result.fix:
                return result
            with _staying(talk):
                result = _proved(target, options, talk, result)
                result = _compared(target, imports, talk, result)
                return _as_activated(target, activation, options, result)


def _planned(
    simulation: Simulation,
    staging: Staging,
    options: Options,
    activation: Optional[ActivationSettings],
    findings: Sequence[Finding],
    talk: FixTalk,
) -> Planning:
    """The plan; with what is built from source, if there is none without it and the user agrees."""

    def planned() -> Planning:
        planner = Planner(
            simulation, staging, options.permissions, activation=activation, strict=options.strict
        )
        return planner.plan(findings)

    planning = planned()
    if planning.plan or options.dry_run or not staging.waits_for_a_build or not talk.offer(_BUILD):
        return planning
    staging.allow_building()
    return planned()


def _prefix(target: Target, facts: Facts) -> str:
    """The only folder that packages are changed in: the one that was named.

    Its interpreter may take another for its own, and a pip would install there.
    """
    interpreter = facts.interpreter
    named = target.prefix or interpreter.unconfigured
    if named and os.path.realpath(named) != os.path.realpath(interpreter.prefix or named):
        return named
    return interpreter.prefix or named or os.path.dirname(os.path.dirname(target.python))


def _examine_names(permissions: Permissions, simulation: Simulation) -> None:
    """Raises RemedyError for a package that may be broken and is not there."""
    if not permissions.breaking:
        return
    here = simulation.environment(World((), {}))
    for name in permissions.breaking:
        if canonicalize_name(name) not in {*here.packages, *here.conda}:
            raise RemedyError(f"--allow-breaking {name}: no such package is installed")


def _imports(target: Target, simulation: Simulation, plan: Plan, talk: FixTalk) -> WorkingImports:
    """What is imported now of all that the plan could break."""
    before = simulation.environment(World((), {}))
    modules = at_stake(Files(), before, simulation.environment(World(plan.operations, {})))
    if modules:
        talk.say(f"checking that the other packages still import: {', '.join(modules)}")
    return WorkingImports(target.python, modules, target.variables)


def _compared(target: Target, imports: WorkingImports, talk: FixTalk, result: Fixed) -> Fixed:
    """The same with what is no longer imported, or undone where the user wishes it."""
    if result.outcome in ("failed", "undone"):
        return result
    lost = imports.lost(changed(target.variables, result.variables))
    if not lost:
        return result
    result = result._replace(outcome="broke", lost=lost)
    names = ", ".join(module.module for module in lost)
    if not talk.offer(f"{names} worked before the fix and cannot be imported now. Undo?"):
        return result
    return _undone(target, _journal_of(target, result), result)


@contextmanager
def _alone(prefix: str, options: Options) -> Iterator[HeldPrefix]:
    if options.dry_run:
        yield HeldPrefix(prefix, -1)
    else:
        with locked(prefix) as held:
            yield held


def _recovered(target: Target, prefix: str, talk: FixTalk) -> bool:
    """Take back what an interrupted fix of this prefix left half done."""
    found = False
    for journal in journals(target.variables):
        record = journal.record
        if record.prefix == prefix and record.state != "applied":
            left = take_back(journal, say=talk.say)
            talk.say(f"the fix of {record.started} was interrupted; undid it first")
            for path in left:
                talk.say(f"left alone because it changed since: {path}")
            found = True
    return found


def _with_activation(
    planning: Planning,
    activation: Optional[ActivationSettings],
    facts: Facts,
    staging: Staging,
    permissions: Permissions,
) -> Planning:
    """With activation scripts as the last step, where they were asked for or have something to keep."""
    plan = planning.plan
    if plan is None:
        return planning
    wanted = (
        activation or activation_settings.of_conda(facts) or ActivationSettings("", "", ())
    ).and_variables(plan.lasting)
    if not wanted.settings or not wanted.kind:
        return planning
    remedy = _activation(wanted)
    try:
        operations = staging.scripts(wanted)
        permissions.examine(operations)
        reach.examine(operations, staging.prefix)
    except RemedyError as failure:
        if activation is None:  # not requested, and the report shows the commands anyway
            return planning
        refused = RefusedRemedy(None, remedy, str(failure))
        rest = plan if plan.steps else None
        return Planning(None, rest, (*planning.refused, refused), planning.gave_up)
    if all(map(is_made, operations)):
        return planning
    return planning._replace(plan=plan._replace(steps=(*plan.steps, Step(None, remedy, operations))))


def _activation(activation: ActivationSettings) -> Remedy:
    """What asks for the scripts, to be run by whoever may write them."""
    values = " ".join(map(str, activation.settings))
    title = text("Set {names} whenever {prefix} is activated", prefix=activation.prefix, names=values)
    option = "--conda" if activation.kind == activation_settings.CONDA else "--venv"
    return Remedy(
        "activation", title, (f"tritondoctor fix {option} --prefix {quote(activation.prefix)}",)
    )


def _apply(target: Target, held: HeldPrefix, plan: Plan, talk: FixTalk, result: Fixed) -> Fixed:
    """Apply the plan to the very folder that it was made for: a question may have waited."""
    try:
        held.examine()
    except RemedyError as failure:
        return result._replace(outcome="failed", why=f"{failure}. Nothing was changed.")
    titles = tuple(str(step.remedy.title) for step in plan.steps)
    journal = begin(target.variables, held.prefix, target.python, titles)
    talk.say("applying")
    try:
        apply(plan.operations, journal, lambda step: held.examine(), ProgramWatch(talk.say))
    except RemedyError as failure:
        return result._replace(outcome="failed", why=str(failure))
    return result._replace(outcome="fixed", fix=journal.record.id, variables=plan.variables)


@contextmanager
def _staying(talk: FixTalk) -> Iterator[None]:
    """Say that the fix is made where its proof is interrupted."""
    try:
        yield
    except BaseException:  # Ctrl-C, SIGTERM
        talk.say("the fix was applied and stays; to undo it: tritondoctor undo")
        raise


def _proved(target: Target, options: Options, talk: FixTalk, result: Fixed) -> Fixed:
    """The same with what a check and a real start say of the result, or undone."""
    facts = gather(target)
    findings = examine(facts)
    result = result._replace(facts=facts, findings=findings)
    result = _verified(target, facts, findings, options, talk, result)
    if result.outcome == "failed" and talk.ask("The environment is still broken. Undo?"):
        return _undone(target, _journal_of(target, result), result)
    return result


def _journal_of(target: Target, result: Fixed) -> Journal:
    """The record of the fix that was applied."""
    (journal,) = (journal for journal in journals(target.variables) if journal.record.id == result.fix)
    return journal


def _verified(
    target: Target,
    facts: Facts,
    findings: tuple[Finding, ...],
    options: Options,
    talk: FixTalk,
    result: Fixed,
) -> Fixed:
    """The same with what a check and a real start say now."""
    if result.variables:  # the running shell is still as it was: what it will be has to be proved
        there = msgspec.structs.replace(target, variables=changed(target.variables, result.variables))
        facts = gather(there)
        left, result = _without_taken(serious(examine(facts), strict=options.strict), result)
        proof = talk.selftest(there, facts) if options.selftest and not left else None
        good = not left and (proof is None or proof.passed)
        return result._replace(outcome="incomplete" if good else "failed", proof=proof)
    left, result = _without_taken(serious(findings, strict=options.strict), result)
    if left:
        complete = result.planning is None or result.planning.plan is not None
        return result._replace(outcome="failed" if complete else "incomplete")
    proof = talk.selftest(target, facts) if options.selftest else None
    if proof is not None and not proof.passed:
        return result._replace(outcome="failed", proof=proof)
    return result._replace(outcome="incomplete" if result.why else result.outcome, proof=proof)


def _without_taken(left: list[Finding], result: Fixed) -> tuple[list[Finding], Fixed]:
    """What speaks against a fix that was applied: not a port that a program took since the plan was made,
    for the proof takes others.
    """
    taken = [finding for finding in left if finding.id == _OF_THE_MOMENT]
    if not result.fix or len(taken) < len(left) or not taken:
        return left, result
    why = f"{taken[0].title} now: it was taken while the fix was applied. The fix stays."
    return [], result._replace(why=why)


def _as_activated(
    target: Target, activation: Optional[ActivationSettings], options: Options, result: Fixed
) -> Fixed:
    """Whether it is as sound with the activation scripts that were asked for."""
    if activation is None or result.outcome != "fixed":
        return result
    variables = changed(target.variables, activation.variables(target.variables))
    findings = examine(gather(msgspec.structs.replace(target, variables=variables)))
    if serious(findings, strict=options.strict):
        return result._replace(outcome="failed", findings=findings)
    return result


def _undone(target: Target, journal: Journal, result: Fixed) -> Fixed:
    left = take_back(journal)
    facts = gather(target)
    why = f"left alone because it changed since: {', '.join(left)}" if left else ""
    return result._replace(outcome="undone", facts=facts, findings=examine(facts), why=why)
