"""A fix and an undo as a person reads them, and as JSON."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

from rich.console import Console
from rich.text import Text

from tritondoctor.checks import Finding
from tritondoctor.checks.edits import Link, Mode, Variable
from tritondoctor.checks.links import ROLES
from tritondoctor.examination.masks import line_mask
from tritondoctor.examination.report import Report, as_json, finding_json
from tritondoctor.facts import Facts
from tritondoctor.privacy.printable import as_line
from tritondoctor.privacy.scrub import scrub
from tritondoctor.remedies.fix import Fixed
from tritondoctor.remedies.journal import Record
from tritondoctor.remedies.link_map_diff import link_maps
from tritondoctor.remedies.operations import Operation, paths_of
from tritondoctor.remedies.plan import Plan, Planning, RefusedRemedy, Step
from tritondoctor.remedies.requirements import Unmet
from tritondoctor.remedies.together import KEEPING, MATCHING
from tritondoctor.reports import selftest as told_selftest
from tritondoctor.reports.console import MARKS, header, wrapped
from tritondoctor.selftest import runner
from tritondoctor.selftest.model import SelfTest
from tritondoctor.target import Target

_MOST_PATHS, _MOST_MAPS = 4, 4


class FixDialog:
    """Tells on a console; `yes` answers every question, `quiet` leaves the plan to the JSON."""

    def __init__(self, console: Console, *, yes: bool, quiet: bool) -> None:
        self.console, self.yes, self.quiet = console, yes, quiet

    def say(self, message: str) -> None:
        """One line of what is going on."""
        self._line(f"... {message}", "dim")

    def show(
        self, target: Target, before: Facts, findings: Sequence[Finding], planning: Planning
    ) -> None:
        """What is wrong and what would be done."""
        if not self.quiet:
            width = min(self.console.width, 100)
            for line, style in masked(_plan(target, before, findings, planning, width), before):
                self._line(line, style)

    def ask(self, question: str) -> bool:
        """Yes or no; anything but a yes is a no."""
        if self.yes:
            return True
        try:
            answer = input(f"{question} [y/N] ")
        except EOFError:
            return False
        return answer.strip().lower() in ("y", "yes")

    def offer(self, question: str) -> bool:
        """Yes or no; a yes that was given in advance (--yes) was not given to this."""
        return not self.yes and self.ask(question)

    def selftest(self, target: Target, facts: Facts) -> SelfTest:
        """Serves Linear in the target and tells of it."""
        self._line("Proving it: a real PyTriton is started and asked.", "")
        with told_selftest.StageProgress(self.console) as live:
            return runner.run(target, facts, progress=live)

    def _line(self, line: str, style: str) -> None:
        self.console.print(Text(line, style=style), soft_wrap=True)


def masked(lines: Iterable[tuple[str, str]], facts: Facts) -> Iterator[tuple[str, str]]:
    """The lines as `check` would show them: what is green is a command, and can still be typed."""
    mask = line_mask(facts)
    for line, style in lines:
        yield mask(scrub(line), style == "green"), style


def risk_of(step: Step) -> str:
    """`safe` where nothing is replaced by something else, else `needs care`."""
    kinds = (Link, Mode)
    return "safe" if all(isinstance(operation, kinds) for operation in step.operations) else "needs care"


def _plan(
    target: Target, before: Facts, findings: Sequence[Finding], planning: Planning, width: int
) -> Iterator[tuple[str, str]]:
    yield from header(before, target.chosen_by)
    yield "", ""
    for finding in findings:
        mark, style = MARKS[finding.severity]
        line = f"{mark} {finding.severity}: {finding.title} ({finding.id})"
        yield from wrapped(line, "    ", width, style, hang=True)
    yield "", ""
    plan = planning.plan or planning.partial
    if plan is not None:
        yield from _head(planning, plan, width)
        for number, step in enumerate(plan.steps, 1):
            yield "", ""
            yield from _step(number, step, width)
        yield from _maps(before, plan, width)
        if planning.plan is not None:
            yield from _not_used(planning, width)
        yield from _by_hand(plan.variables, width)
        yield from _breaks(planning, plan, width)
    if planning.plan is None:
        yield from _missing(planning, findings, width)
    yield "", ""


def _head(planning: Planning, plan: Plan, width: int) -> Iterator[tuple[str, str]]:
    count = "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"
    if planning.plan is not None:
        said = f"The plan has {count}; tried on a model of this machine, it leaves no error."
    else:
        said = f"There is no complete plan. {count[:1].upper()}{count[1:]} would help (--partial)."
    yield from wrapped(said, "", width, "bold")


def _step(number: int, step: Step, width: int) -> Iterator[tuple[str, str]]:
    head = f" {number}. {step.remedy.title} ({risk_of(step)})"
    yield from wrapped(head, "    ", width, "bold", hang=True)
    if step.finding is not None:
        yield f"    removes {step.finding.id}", "dim"
    for command in step.commands:
        yield f"        {command}", "green"
    for change in step.packages:
        yield from wrapped(
            f"    - {change}", "      ", width, "bold" if change.risky else "dim", hang=True
        )
    commands_say_all = all(operation in step.remedy.edits for operation in step.operations)
    for line in [] if commands_say_all else touches(step.operations):
        yield from wrapped(f"    - {line}", "      ", width, "dim", hang=True)


def touches(operations: Sequence[Operation]) -> list[str]:
    """What a step writes, in words: few paths by name, many by their folder."""
    verbs = {
        "Link": "links", "Move": "renames", "Mode": "changes the mode of", "PutFile": "writes",
        "Remove": "removes", "RemoveFolder": "clears away",
        "Transaction": "lets a package manager change",
    }  # fmt: skip
    found = []
    for kind, verb in verbs.items():
        paths = [paths_of(operation)[0] for operation in operations if type(operation).__name__ == kind]
        if kind == "Transaction":
            paths = [os.path.dirname(os.path.dirname(path)) for path in paths]
        if len(paths) <= _MOST_PATHS:
            found += [f"{verb} {path}" for path in paths]
        else:
            folder = os.path.commonpath(paths)
            things = "folders" if kind == "RemoveFolder" else "files"
            found.append(f"{verb} {len(paths)} {things} in {folder}")
    return found


def _maps(before: Facts, plan: Plan, width: int) -> Iterator[tuple[str, str]]:
    changes = link_maps(before, plan.facts)
    if changes:
        yield "", ""
        yield "What the loader finds then:", ""
    for change in changes[:_MOST_MAPS]:
        yield f"    {ROLES.get(change.role, change.role)}: {change.name}", ""
        yield f"        before  {change.before}", "dim"
        yield f"        after   {change.after} ({change.rule})", "dim"
    if len(changes) > _MOST_MAPS:
        yield f"    and {len(changes) - _MOST_MAPS} more (--json has all)", "dim"


def _breaks(planning: Planning, plan: Plan, width: int) -> Iterator[tuple[str, str]]:
    """What would no longer get what it needs, why nothing milder is possible, and who may allow it."""
    if not plan.breaks:
        return
    yield "", ""
    yield from wrapped(
        "It would break what is installed beside, and is not applied:", "", width, "bold red"
    )
    for one in plan.breaks:
        yield from wrapped(f"- {one}: it may not import any more", "  ", width, "red", hang=True)
    for other in planning.refused:
        if other.remedy.id in (KEEPING, MATCHING):
            yield from wrapped(f"  {other.remedy.title}: {other.why}", "    ", width, "", hang=True)
    yield "If you can do without it, allow it:", ""
    yield f"    tritondoctor fix {allowing(plan)}", "green"


def allowing(plan: Plan) -> str:
    """The options that allow all that a plan breaks."""
    return " ".join(f"--allow-breaking {name}" for name in dict.fromkeys(one.name for one in plan.breaks))


def _by_hand(variables: Mapping[str, Optional[str]], width: int) -> Iterator[tuple[str, str]]:
    if not variables:
        return
    yield "", ""
    said = "No program can change the shell that started it. There, paste:"
    yield from wrapped(said, "", width, "bold")
    for line in shell_lines(variables):
        yield f"    {line}", "green"


def shell_lines(variables: Mapping[str, Optional[str]]) -> list[str]:
    """The lines to paste into the shell."""
    return [line for name, value in variables.items() for line in Variable(name, value).commands()]


def _not_used(planning: Planning, width: int) -> Iterator[tuple[str, str]]:
    """What was tried before this plan and cannot be done here."""
    if planning.refused:
        yield "", ""
    for one in planning.refused:
        yield from wrapped(f"Not possible: {one.remedy.title}: {one.why}", "    ", width, "", hang=True)


def _missing(planning: Planning, findings: Sequence[Finding], width: int) -> Iterator[tuple[str, str]]:
    yield "", ""
    left = planning.partial.left if planning.partial else findings
    yield from wrapped("This cannot be repaired from here:", "", width, "bold")
    if planning.gave_up:
        yield from wrapped(f"  {planning.gave_up}.", "  ", width, "")
    for finding in left:
        yield from wrapped(f"- {finding.title} ({finding.id})", "  ", width, "", hang=True)
        refused = [one for one in planning.refused if one.finding and one.finding.id == finding.id]
        for one in refused:
            yield from wrapped(f"  {one.remedy.title}: {one.why}", "    ", width, "", hang=True)
        if not refused and not finding.remedies:
            yield from wrapped(
                f"  No program can do it; `tritondoctor explain {finding.id}` says what to do.",
                "    ", width, "", hang=True,
            )  # fmt: skip
        for remedy in finding.remedies:
            if not remedy.edits or any(one.remedy.id == remedy.id for one in refused):
                yield from wrapped(f"  To do: {remedy.title}", "    ", width, "", hang=True)
                for command in remedy.commands:
                    yield f"        {command}", "green"


def show(fixed: Fixed, console: Console) -> None:
    """Prints what came of it."""
    if fixed.proof is not None and not fixed.proof.passed:
        told_selftest.show(fixed.proof, console)
    for line, style in masked(_outcome(fixed, min(console.width, 100)), fixed.facts):
        console.print(Text(line, style=style), soft_wrap=True)


_WORDS = {
    "sound": "Nothing has to be repaired here.",
    "planned": "Nothing was changed (--dry-run).",
    "declined": "Nothing was changed.",
    "no-plan": "Nothing was changed.",
    "undone": "It did not repair the environment and was undone; all is as it was.",
    "fixed": "Repaired.",
    "breaking": "Nothing was changed: the plan would break what is installed beside.",
    "broke": "PyTriton is repaired, but what imported before no longer does:",
}


def _outcome(fixed: Fixed, width: int) -> Iterator[tuple[str, str]]:
    if fixed.why:
        yield from wrapped(fixed.why, "", width, "bold red")
    if fixed.outcome == "failed":
        yield from _failed(fixed, width)
    elif fixed.outcome == "incomplete":
        yield from _incomplete(fixed, width)
    else:
        good = fixed.exit_code == 0
        said = _WORDS[fixed.outcome]
        if fixed.outcome == "undone" and fixed.lost:
            said = "It was undone; all is as it was. With it these were no longer imported:"
        if good and fixed.proof is not None:
            said += " PyTriton serves Linear."
        yield from wrapped(said, "", width, "bold green" if good else "bold")
    for lost in fixed.lost:
        yield from wrapped(f"[x] import {lost.module}: {lost.problem}", "    ", width, "red", hang=True)
    if fixed.fix and fixed.outcome != "undone":
        yield "To take it back: tritondoctor undo", ""


def _failed(fixed: Fixed, width: int) -> Iterator[tuple[str, str]]:
    if not fixed.fix:
        return  # `why` has said it
    left = [finding for finding in fixed.findings if finding.severity == "error"]
    yield "The environment is not sound yet.", "bold red"
    for one in left:
        yield from wrapped(f"[x] error: {one.title} ({one.id})", "    ", width, "red", hang=True)


def _incomplete(fixed: Fixed, width: int) -> Iterator[tuple[str, str]]:
    if fixed.variables:
        proved = "PyTriton serves Linear" if fixed.proof is not None else "no error is left"
        yield from wrapped(f"This shell is still as it was; {proved} once you paste:", "", width, "bold")
        for line in shell_lines(fixed.variables):
            yield f"    {line}", "green"
    else:
        yield from wrapped("Applied in part; what is left stands above.", "", width, "bold")


def fix_json(fixed: Fixed, report: Report) -> dict[str, Any]:
    """The contract's object for the end, with the plan under `fix`."""
    found = as_json(report)
    if fixed.proof is not None:
        found["selftest"] = told_selftest.selftest_json(fixed.proof)
    plan = fixed.planning and (fixed.planning.plan or fixed.planning.partial)
    found["fix"] = {
        "outcome": fixed.outcome,
        "id": fixed.fix or None,
        "complete": bool(fixed.planning and fixed.planning.plan),
        "steps": [_step_json(step) for step in plan.steps] if plan else [],
        "left": [finding_json(one) for one in plan.left] if plan else [],
        "breaks": [_unmet_json(one) for one in plan.breaks] if plan else [],
        "lost": [one._asdict() for one in fixed.lost],
        "gave_up": (fixed.planning and fixed.planning.gave_up) or None,
        "refused": [_refused_json(one) for one in fixed.planning.refused] if fixed.planning else [],
        "link_maps": [link_map._asdict() for link_map in fixed.link_maps],
        "shell": shell_lines(fixed.variables or (plan.variables if plan else {})),
        "why": fixed.why or None,
    }
    return found


def _step_json(step: Step) -> dict[str, Any]:
    kinds = Counter(type(operation).__name__ for operation in step.operations)
    return {
        "finding": step.finding.id if step.finding else None,
        "remedy": step.remedy.id,
        "title": str(step.remedy.title),
        "commands": list(step.commands),
        "packages": [package._asdict() for package in step.packages],
        "risk": risk_of(step),
        "touches": sorted({path for operation in step.operations for path in paths_of(operation)}),
        "operations": dict(kinds),
        "undo": "tritondoctor undo",
    }


def _unmet_json(unmet: Unmet) -> dict[str, Any]:
    return {
        "name": unmet.name,
        "version": unmet.version,
        "requirement": unmet.requirement,
        "found": unmet.found,
    }


def _refused_json(refused: RefusedRemedy) -> dict[str, Any]:
    return {"finding": refused.finding.id if refused.finding else None, "remedy": refused.remedy.id,
            "commands": list(refused.remedy.commands), "why": refused.why}  # fmt: skip


def record_lines(record: Record, width: int) -> Iterator[str]:
    """A fix on record, for `undo`; the record is a file, and may hold anything."""
    yield from (as_line(line) for line in _record(record, width))


def _record(record: Record, width: int) -> Iterator[str]:
    state = "" if record.state == "applied" else " (interrupted)"
    yield f"{record.started}  {record.prefix}{state}"
    for title in record.remedies:
        yield from (line for line, _ in wrapped(f"- {title}", "      ", width, "", hang=True))


def record_json(record: Record) -> dict[str, Any]:
    """A fix on record."""
    paths = [entry.path for entry in record.entries]
    return {"id": record.id, "started": record.started, "prefix": record.prefix, "state": record.state,
            "remedies": list(record.remedies), "paths": paths}  # fmt: skip


FORGOTTEN = "The record is gone; the environment was not changed."


def undone_lines(left: Sequence[str], record: str) -> Iterator[str]:
    """What came of the undo of a record."""
    if not left:
        yield "Undone; all is as it was before the fix."
        return
    yield "Undone, but for what has changed since the fix, or whose copy or record is damaged:"
    for path in left:
        yield as_line(f"    {path}")
    yield "The copies of before are kept; put these back by hand, or undo again."
    yield f"Once you need them no more: tritondoctor undo --forget {record}"


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()
