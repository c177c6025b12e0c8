"""The advice of a check, tried in simulated worlds before anybody reads it.

What a finding advises is shown as its cure where the finding is gone in the world in which it was
followed, and no other error is there instead.  Findings are gone through in the order in which they are
read: the advice of the second is tried after that of the first was followed, and is what it is there.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Optional

import msgspec

from tritondoctor.checks import Finding, examine, of_gpu
from tritondoctor.checks.edits import CommentOut, CondaVariable, Edit, Link, Mode, Move, Variable
from tritondoctor.checks.model import Remedy, Text, cure, first_ways, text
from tritondoctor.examination.masks import facts_without_secrets
from tritondoctor.facts import Facts, ObservedTarget
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.remedies.links_first import where_it_is_first
from tritondoctor.remedies.simulate import Simulation, World

#: worlds that are looked at for one check: each takes about an eighth of the check's own time and more
_MOST_WORLDS = 8
#: advice that is followed one after the other until all that it brings out is cured, too
_LONGEST_CHAIN = 3
#: what changes only later shells
_LATER = (CommentOut, CondaVariable)
_TRIED = (*_LATER, Link, Mode, Move, Variable)
#: findings that rest on what is asked once, of the kernel or of the interpreter, whatever is simulated
_SEEN_ONCE = frozenset(("clock-stopped", "python-fails-to-start", "python-slow"))
_UNSET, _EXPORT = re.compile(r"unset ([A-Za-z_]\w*)"), re.compile(r"export ([A-Za-z_]\w*)=(.*)")


class Place(msgspec.Struct, frozen=True):
    """A world, its facts, and what a check finds there."""

    world: World
    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> Counter[str]:
        """How often each error is found."""
        return Counter(finding.id for finding in self.findings if finding.severity == "error")


class AdviceTrial(msgspec.Struct, frozen=True):
    """Advice that was followed, where that led, and what stands in the way: `lacks` is what is left of
    the finding or came in its place, `locked` a folder in which this user may not write.
    """

    finding: Finding
    remedy: Remedy
    place: Place
    gone: bool
    lacks: Optional[Finding] = None
    locked: str = ""

    @property
    def cures(self) -> bool:
        """Whether it does all that advice is to do."""
        return self.gone and self.lacks is None and not self.locked


def tried(observed: ObservedTarget, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with the advice that cures, or what it lacks; what cannot be tried stays as it is."""
    return _Adviser(observed, findings).advised()


class _Adviser:
    def __init__(self, observed: ObservedTarget, findings: Sequence[Finding]) -> None:
        self._simulation = Simulation.of_observed(observed)
        self._here = Place(World((), {}), observed.facts, tuple(findings))
        self._start = self._here
        self._left = _MOST_WORLDS

    def advised(self) -> tuple[Finding, ...]:
        return tuple(self._advised(finding) for finding in self._start.findings)

    def _advised(self, finding: Finding) -> Finding:
        if finding.id in _SEEN_ONCE or of_gpu(finding) or not any(map(_edits, finding.remedies)):
            return msgspec.structs.replace(finding, remedies=first_ways(finding.remedies))
        now = _same(finding, self._here.findings)
        place = self._here if now else self._start
        remedies, first = self._proved(now or finding, place)
        if now and first is not None and finding.severity == "error":
            self._here = first
        return msgspec.structs.replace(finding, remedies=remedies)

    def _proved(self, finding: Finding, place: Place) -> tuple[tuple[Remedy, ...], Optional[Place]]:
        """Its remedies as they may be shown, and where the first of them leads, if that is known."""
        shown: dict[str, Remedy] = {}
        lacking: dict[str, AdviceTrial] = {}
        first: Optional[Place] = None
        for remedy in finding.remedies:
            if remedy.id in shown:
                continue  # the same in another place
            trial = self._trial(finding, remedy, place)
            if trial is not None and not trial.cures:
                lacking.setdefault(remedy.id, trial)
            elif trial is not None or remedy.id not in lacking:
                first = trial.place if trial is not None and not shown else first
                shown[remedy.id] = _with_line(trial.remedy, place.facts) if trial else remedy
        if shown:
            return tuple(shown.values()), first
        best = self._longest([*lacking.values()], finding, place)
        if best.cures:
            return (_with_line(best.remedy, place.facts),), best.place
        return (_with_what_it_lacks(best),), None

    def _trial(self, finding: Finding, remedy: Remedy, place: Place) -> Optional[AdviceTrial]:
        """What comes of following it, or of the same link elsewhere; None where that cannot be told."""
        trial = self._followed(finding, remedy, place)
        if trial is not None and trial.locked:
            other = where_it_is_first(remedy, place.facts)
            again = self._followed(finding, other, place) if other else None
            trial = again if again is not None and again.cures else trial
        return trial

    def _longest(self, trials: list[AdviceTrial], finding: Finding, place: Place) -> AdviceTrial:
        """The best of some trials that lack something, each followed by the advice for what it lacks."""
        for _ in range(1, _LONGEST_CHAIN):
            for trial in trials:
                longer = next(self._longer(finding, trial, place), None)
                if longer is not None and longer.cures:
                    return longer
                if longer is not None:
                    trials = [longer, *(other for other in trials if other is not trial)]
        return max(trials, key=lambda trial: (trial.gone, bool(trial.locked)))

    def _longer(self, finding: Finding, trial: AdviceTrial, place: Place) -> Iterator[AdviceTrial]:
        """The same, followed by the advice for what it lacks, where that leads further."""
        if trial.lacks is None or trial.locked:
            return
        for remedy in trial.lacks.remedies:
            if remedy.commands == trial.remedy.commands:
                continue
            then = self._followed(finding, remedy, trial.place, instead_of=place)
            if then is not None and then.gone and not then.locked and then.lacks != trial.lacks:
                yield msgspec.structs.replace(then, remedy=_both(trial.remedy, remedy))

    def _followed(
        self, finding: Finding, remedy: Remedy, place: Place, instead_of: Optional[Place] = None
    ) -> Optional[AdviceTrial]:
        """The trial of advice in a place, compared with that or another one."""
        edits = _edits(remedy)
        if not edits:
            return None
        locked = self._locked(edits)
        if self._left <= 0:
            return None
        try:
            after = self._place(_after(place.world, edits))
        except (OSError, ValueError):  # a path that cannot be one
            return None
        if _answers_otherwise(after.facts.interpreter, self._start.facts.interpreter):
            return None
        before = instead_of or place
        same, fewer = _same(finding, after.findings), _fewer(finding, before, after)
        came = after.errors - before.errors
        new = next((found for found in after.findings if found.id in came), None)
        other = None if fewer else _instead(finding, before, after)
        return AdviceTrial(finding, remedy, after, same is None, same or other or new, locked)

    def _place(self, world: World) -> Place:
        self._left -= 1
        facts = facts_without_secrets(self._simulation.facts(world), Counter())
        return Place(world, facts, examine(facts))

    def _locked(self, edits: Sequence[Edit]) -> str:
        """A folder that is not writable for this user, or ""."""
        for edit in edits:
            if isinstance(edit, (Link, Move)):
                folder = self._simulation.nearest_folder(os.path.dirname(edit.path))
                if not self._simulation.may_write(folder):
                    return folder
        return ""


def _both(first: Remedy, second: Remedy) -> Remedy:
    """One followed by the other; what the second sets, the first need not."""
    after = _edits(second)
    names = {edit.name for edit in after if isinstance(edit, Variable)}
    before = [edit for edit in _edits(first) if not (isinstance(edit, Variable) and edit.name in names)]
    if not before:
        return second
    title = text("{first}; then: {second}", first=first.title, second=second.title)
    return cure(first.id, title, *before, *after)


def _answers_otherwise(after: Interpreter, before: Interpreter) -> bool:
    """Whether the interpreter is another one, of which nobody knows what it says of itself."""
    return after.starts and before.starts and after.libpython != before.libpython


def _fewer(finding: Finding, before: Place, after: Place) -> bool:
    def count(place: Place) -> int:
        return sum(found.id == finding.id for found in place.findings)

    return count(after) < max(count(before), 1)


def _instead(finding: Finding, before: Place, after: Place) -> Finding:
    """The finding of the same kind that is there in its place."""
    found = [other for other in after.findings if other.id == finding.id]
    return next((other for other in found if _same(other, before.findings) is None), found[0])


def _same(finding: Finding, findings: Sequence[Finding]) -> Optional[Finding]:
    return next(
        (found for found in findings if (found.id, found.title) == (finding.id, finding.title)), None
    )


def _edits(remedy: Remedy) -> tuple[Edit, ...]:
    """What following it changes in a world; () where that cannot be simulated."""
    edits = remedy.edits or tuple(filter(None, map(_edit, remedy.commands)))
    known = len(edits) == len(remedy.commands) or remedy.edits
    changing = any(not isinstance(edit, _LATER) for edit in edits)
    return edits if known and changing and all(isinstance(edit, _TRIED) for edit in edits) else ()


def _edit(command: str) -> Optional[Edit]:
    """A command that is nothing but the setting of a variable, as an edit."""
    unset, export = _UNSET.fullmatch(command), _EXPORT.fullmatch(command)
    if unset is not None:
        return Variable(unset.group(1), None)
    try:
        words = shlex.split(export.group(2)) if export else ["$"]
    except ValueError:
        return None
    plain = len(words) < 2 and not any("$" in word or "..." in word for word in words)
    return Variable(export.group(1), "".join(words)) if export and plain else None


def _after(world: World, edits: Sequence[Edit]) -> World:
    variables = {edit.name: edit.value for edit in edits if isinstance(edit, Variable)}
    operations = tuple(edit for edit in edits if isinstance(edit, (Link, Mode, Move)))
    return World((*world.operations, *operations), {**world.variables, **variables})


def _with_line(remedy: Remedy, facts: Facts) -> Remedy:
    """With the line of a start file that sets the same variable in the next shell."""
    names = {edit.name for edit in _edits(remedy) if isinstance(edit, Variable)}
    removed = {(edit.file, edit.line) for edit in remedy.edits if isinstance(edit, CommentOut)}
    unset = {edit.place for edit in remedy.edits if isinstance(edit, CondaVariable)}
    for line in facts.shell:
        if line.place in unset:
            continue
        if line.variable in names and (line.file, line.line) not in removed:
            template = "{remedy} (line {line} of {file} sets {variable} again in each new shell)"
            if line.activation:
                template = "{remedy} (line {line} of {file} sets {variable} again at each activation)"
            title = text(template, remedy=remedy.title, line=line.line, file=line.file,
                         variable=line.variable)  # fmt: skip
            return msgspec.structs.replace(remedy, title=title)
    return remedy


def _with_what_it_lacks(trial: AdviceTrial) -> Remedy:
    """Advice that does not cure, with the reason; its commands only where they are a first step."""
    remedy, lacks = trial.remedy, trial.lacks
    step = any(not isinstance(edit, Variable) for edit in _edits(remedy))
    if trial.gone and (step or lacks is None or lacks.id != trial.finding.id):
        return msgspec.structs.replace(remedy, title=_lacking(remedy.title, trial))
    title = text("Not enough here, as a simulation shows: {remedy}", remedy=remedy.title)
    if lacks is not None:
        template = "Not enough here, as a simulation shows: {remedy} (still: {problem})"
        title = text(template, remedy=remedy.title, problem=lacks.title)
    return Remedy(remedy.id, title)


def _lacking(title: Text, trial: AdviceTrial) -> Text:
    if trial.lacks is not None:
        template = "{remedy}; this is not all, for then comes: {problem}"
        return text(template, remedy=title, problem=trial.lacks.title)
    return text("{remedy} (this user may not write to {folder})", remedy=title, folder=trial.locked)
