"""The plan of a fix, and its outcome, as a person reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Optional

from rich.console import Console

from tritondoctor.checks import Finding
from tritondoctor.checks.edits import CommentOut, CondaVariable, Link, Mode, Variable
from tritondoctor.checks.links import ROLES
from tritondoctor.checks.versions import words_of
from tritondoctor.examination.masks import line_mask
from tritondoctor.facts import Facts
from tritondoctor.privacy.keys import without_keys
from tritondoctor.privacy.scrub import scrub
from tritondoctor.remedies.fix import Fixed
from tritondoctor.remedies.link_map_diff import link_maps
from tritondoctor.remedies.operations import Operation, paths_of
from tritondoctor.remedies.plan import Plan, Planning, RefusedRemedy, Step
from tritondoctor.remedies.together import KEEPING, MATCHING
from tritondoctor.reports import selftest as selftest_report
from tritondoctor.reports.console import header
from tritondoctor.reports.finding import finding_lines, headed, title_lines
from tritondoctor.reports.layout import Line, print_lines, width_of, wrapped
from tritondoctor.support import detail
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _, mark, plural, shown
from tritondoctor.target import Target

_MOST_PATHS, _MOST_MAPS = 4, 4


def show_plan(
    target: Target, before: Facts, findings: Sequence[Finding], planning: Planning, console: Console
) -> None:
    """Print what is wrong and what would be done."""
    lines = _plan_lines(target, before, findings, planning, width_of(console))
    print_lines(console, masked(lines, before))


def show_sound(target: Target, facts: Facts, console: Console) -> None:
    """Print which environment it is in which no error was found."""
    lines = [
        *header(facts, target.chosen_by, width_of(console)),
        ("", ""),
        (_("No error was found."), ""),
    ]
    print_lines(console, masked(lines, facts))


def masked(lines: Iterable[Line], facts: Facts) -> Iterator[Line]:
    """The lines as `check` would show them; a green one is a command, which must stay correct."""
    mask = line_mask(facts)
    styled = list(lines)
    safe = without_keys(line for line, _style in styled)
    for line, (_line, style) in zip(safe, styled):
        yield mask(scrub(line), style == "green"), style


def risk_of(step: Step) -> str:
    """`safe` where the step only adds something, else `needs care`."""
    kinds = (Link, Mode)
    safe = all(isinstance(operation, kinds) for operation in step.operations)
    return mark("safe") if safe else mark("needs care")


def _plan_lines(
    target: Target, before: Facts, findings: Sequence[Finding], planning: Planning, width: int
) -> Iterator[Line]:
    yield from header(before, target.chosen_by)
    yield "", ""
    for finding in findings:
        yield from finding_lines(finding, width) if detail.full() else title_lines(finding, width)
    yield "", ""
    plan = planning.plan or planning.partial
    if plan is not None:
        yield from wrapped(_head(planning, plan), "", width, "bold")
        for number, step in enumerate(plan.steps, 1):
            yield "", ""
            yield from _step(number, step, width)
        yield from _maps(before, plan, width)
        if planning.plan is not None:
            yield from _not_used(planning, width)
        yield from _by_hand(plan.variables, width)
        yield from _set_again(before, plan, width)
        yield from _breaks(planning, plan, width)
    if planning.plan is None:
        yield from _missing(planning, findings, width)
    yield "", ""


def _head(planning: Planning, plan: Plan) -> str:
    if planning.plan is not None:
        return plural(
            "The plan has {count} step. Simulated on this machine's files: no errors remain.",
            "The plan has {count} steps. Simulated on this machine's files: no errors remain.",
            len(plan.steps),
        )
    return plural(
        "There is no complete plan. {count} step would help (--partial).",
        "There is no complete plan. {count} steps would help (--partial).",
        len(plan.steps),
    )


def _step(number: int, step: Step, width: int) -> Iterator[Line]:
    title = f" {number}. {_('{title} ({risk})', title=step.remedy.title, risk=_(risk_of(step)))}"
    yield from wrapped(title, "    ", width, "bold", hang=True)
    if step.finding is not None:
        yield f"    {_('fixes {id}', id=step.finding.id)}", "dim"
    for command in step.commands:
        yield f"        {command}", "green"
    if any(isinstance(edit, Variable) and not edit.lasting for edit in step.remedy.edits):
        line = _("not kept for later shells: if that program ends, the usual value serves again")
        yield from wrapped(f"    - {line}", "      ", width, "dim", hang=True)
    for change in step.packages:
        style = "bold" if change.risky else "dim"
        yield from wrapped(f"    - {change}", "      ", width, style, hang=True)
    commands_show_all = all(operation in step.remedy.edits for operation in step.operations)
    for line in [] if commands_show_all else touches(step.operations):
        yield from wrapped(f"    - {line}", "      ", width, "dim", hang=True)


_TOUCHES = {
    "Link": (mark("links {path}"), mark("links {count} files in {folder}")),
    "Move": (mark("renames {path}"), mark("renames {count} files in {folder}")),
    "Mode": (mark("changes the mode of {path}"), mark("changes the mode of {count} files in {folder}")),
    "PutFile": (mark("writes {path}"), mark("writes {count} files in {folder}")),
    "Remove": (mark("removes {path}"), mark("removes {count} files in {folder}")),
    "RemoveFolder": (mark("removes {path}"), mark("removes {count} folders in {folder}")),
    "Transaction": (
        mark("runs a package manager in {path}"),
        mark("runs a package manager in {count} folders in {folder}"),
    ),
}


def touches(operations: Sequence[Operation]) -> list[str]:
    """What a step writes: few paths by name, many by their folder."""
    lines = []
    for kind, (single, several) in _TOUCHES.items():
        paths = [paths_of(operation)[0] for operation in operations if type(operation).__name__ == kind]
        if kind == "Transaction":
            paths = [os.path.dirname(os.path.dirname(path)) for path in paths]
        if len(paths) <= detail.most(_MOST_PATHS):
            lines += [_(single, path=path) for path in paths]
        else:
            lines.append(_(several, count=len(paths), folder=os.path.commonpath(paths)))
    return lines


def _maps(before: Facts, plan: Plan, width: int) -> Iterator[Line]:
    changes = link_maps(before, plan.facts)
    if changes:
        yield "", ""
        yield _("What the loader will find:"), ""
    most = detail.most(_MOST_MAPS)
    for change in changes[:most]:
        role = ROLES.get(change.role, change.role)
        yield f"    {_('{name}: {reason}', name=role, reason=change.name)}", ""
        yield f"        {_('before  {path}', path=change.before)}", "dim"
        yield f"        {_('after   {path} ({rule})', path=change.after, rule=change.rule)}", "dim"
    more = len(changes) - most
    if more > 0:
        yield f"    {_('and {count} more (--json has all)', count=more)}", "dim"


def _breaks(planning: Planning, plan: Plan, width: int) -> Iterator[Line]:
    """Which packages would break, why nothing milder is possible, and how to allow it."""
    if not plan.breaks:
        return
    yield "", ""
    yield from wrapped(
        _("This plan is not applied, because it would break other packages:"), "", width, "bold red"
    )
    for unmet in plan.breaks:
        line = f"- {_('{package}: its import may fail', package=words_of(unmet))}"
        yield from wrapped(line, "  ", width, "red", hang=True)
    for refused in planning.refused:
        if refused.remedy.id in (KEEPING, MATCHING):
            yield from wrapped(f"  {_refusal(refused)}", "    ", width, hang=True)
    yield _("If you can do without them, allow it:"), ""
    yield f"    tritondoctor fix {allowing(plan)}", "green"


def _refusal(refused: RefusedRemedy) -> str:
    return _("{title}: {reason}", title=refused.remedy.title, reason=refused.why)


def allowing(plan: Plan) -> str:
    """The options that allow all that a plan breaks."""
    names = dict.fromkeys(unmet.name for unmet in plan.breaks)
    return " ".join(f"--allow-breaking {name}" for name in names)


def _by_hand(variables: Mapping[str, Optional[str]], width: int) -> Iterator[Line]:
    if not variables:
        return
    yield "", ""
    line = _("A program cannot change the shell that started it. Paste this there:")
    yield from wrapped(line, "", width, "bold")
    yield from _commands(shell_lines(variables))


def _set_again(before: Facts, plan: Plan, width: int) -> Iterator[Line]:
    """The lines, of start files and of conda's activation, that undo what was pasted, and stay."""
    if any(step.remedy.id == "activation" for step in plan.steps):
        return  # its scripts come last
    edits = [edit for step in plan.steps for edit in step.remedy.edits]
    gone: set[tuple[str, object]] = {
        (edit.file, edit.line) for edit in edits if isinstance(edit, CommentOut)
    }
    gone |= {edit.place for edit in edits if isinstance(edit, CondaVariable)}
    for line in before.shell:
        if line.variable in plan.variables and not {(line.file, line.line), line.place} & gone:
            template = _AT_ACTIVATION if line.activation else _IN_SHELLS
            again = _(template, line=line.line, file=line.file, variable=line.variable)
            yield from wrapped(again, "", width)


_IN_SHELLS = mark("Line {line} of {file} sets {variable} again in each new shell: change it there.")
_AT_ACTIVATION = mark("Line {line} of {file} sets {variable} again at each activation: change it there.")


def _commands(commands: Iterable[str]) -> Iterator[Line]:
    for command in commands:
        yield f"    {command}", "green"


def shell_lines(variables: Mapping[str, Optional[str]]) -> list[str]:
    """The lines to paste into the shell."""
    return [line for name, value in variables.items() for line in Variable(name, value).commands()]


def _not_used(planning: Planning, width: int) -> Iterator[Line]:
    """What was tried before this plan and cannot be done here."""
    if planning.refused:
        yield "", ""
    for refused in planning.refused:
        line = _("Not possible: {remedy}: {reason}", remedy=refused.remedy.title, reason=refused.why)
        yield from wrapped(line, "    ", width, hang=True)


def _missing(planning: Planning, findings: Sequence[Finding], width: int) -> Iterator[Line]:
    yield "", ""
    for refused in planning.refused:
        if refused.finding is None:
            yield from _not_kept(planning, refused, width)
            return
    yield from wrapped(_("tritondoctor cannot repair this:"), "", width, "bold")
    if planning.gave_up:
        yield from wrapped(f"  {_('{reason}.', reason=planning.gave_up)}", "  ", width)
    for finding in planning.partial.left if planning.partial else findings:
        yield from wrapped(f"- {finding.title} ({finding.id})", "  ", width, hang=True)
        yield from _why_not(planning, finding, width)


def _not_kept(planning: Planning, refused: RefusedRemedy, width: int) -> Iterator[Line]:
    """The activation scripts that were asked for and cannot be written here: a plan lacks only them."""
    yield from wrapped(_("The activation scripts cannot be written here:"), "", width, "bold")
    yield from wrapped(f"- {_refusal(refused)}", "  ", width, hang=True)
    yield from wrapped(f"  {_('As a user who may write there:')}", "    ", width, hang=True)
    yield from ((f"        {command}", "green") for command in refused.remedy.commands)
    if planning.partial is not None:
        yield from wrapped(f"  {_('Without them no errors remain:')}", "    ", width, hang=True)
        yield "        tritondoctor fix", "green"
    others = tuple(other for other in planning.refused if other is not refused)
    yield from _not_used(planning._replace(refused=others), width)


def _why_not(planning: Planning, finding: Finding, width: int) -> Iterator[Line]:
    """Why a finding stays, and what the user can do about it."""
    refusals = [
        refused for refused in planning.refused if refused.finding and refused.finding.id == finding.id
    ]
    for refused in refusals:
        yield from wrapped(f"  {_refusal(refused)}", "    ", width, hang=True)
    if not refusals and not finding.remedies:
        command = f"`{typed(f'tritondoctor explain {finding.id}')}`"
        line = _("This needs a person: {command} says what to do.", command=command)
        yield from wrapped(f"  {line}", "    ", width, hang=True)
    for remedy in finding.remedies:
        if not remedy.edits or any(refused.remedy.id == remedy.id for refused in refusals):
            line = _("By hand: {remedy}", remedy=remedy.title)
            yield from wrapped(f"  {line}", "    ", width, hang=True)
            yield from ((f"        {typed(command)}", "green") for command in remedy.commands)


def show(fixed: Fixed, console: Console) -> None:
    """Print the outcome."""
    if fixed.proof is not None and not fixed.proof.passed:
        selftest_report.show(fixed.proof, console)
    print_lines(console, masked(_outcome(fixed, width_of(console)), fixed.facts))


def conclusion(fixed: Fixed) -> Iterator[Line]:
    """What has come of it, or what would: a line, and what is to be pasted."""
    planning = fixed.planning
    plan = planning and (planning.plan or planning.partial)
    if planning and plan and fixed.outcome == "planned":
        yield _head(planning, plan), "bold"
    elif fixed.outcome == "no-plan" and fixed.findings:
        ids = ", ".join(dict.fromkeys(finding.id for finding in fixed.findings))
        yield _("{verdict}: {ids}", verdict=_("tritondoctor cannot repair this"), ids=ids), "bold"
    else:
        yield from masked(_outcome(fixed, sys.maxsize), fixed.facts)


_OUTCOMES = {
    "sound": mark("Nothing needs repair here."),
    "planned": mark("Nothing was changed (--dry-run)."),
    "declined": mark("Nothing was changed."),
    "no-plan": mark("Nothing was changed."),
    "undone": mark("The fix did not work and was undone: everything is as it was."),
    "fixed": mark("Repaired."),
    "breaking": mark("Nothing was changed: the plan would break other packages."),
    "broke": mark("PyTriton is repaired, but these modules can no longer be imported:"),
}
_SERVING = {
    "sound": mark("Nothing needs repair here. PyTriton serves Linear."),
    "fixed": mark("Repaired. PyTriton serves Linear."),
}


def _outcome(fixed: Fixed, width: int) -> Iterator[Line]:
    if fixed.why:
        yield from wrapped(shown(fixed.why), "", width, "bold red")
    if fixed.outcome == "failed":
        yield from _failed(fixed, width)
    elif fixed.outcome == "incomplete":
        yield from _incomplete(fixed, width)
    else:
        style = "bold green" if fixed.exit_code == 0 else "bold"
        yield from wrapped(_result(fixed), "", width, style)
    for lost in fixed.lost:
        yield from wrapped(
            f"[x] import {lost.module}: {shown(lost.problem)}", "    ", width, "red", hang=True
        )
    if fixed.fix and fixed.outcome != "undone":
        yield _("To undo it: {command}", command=typed("tritondoctor undo")), ""


def _result(fixed: Fixed) -> str:
    if fixed.outcome == "undone" and fixed.lost:
        return _("The fix was undone: everything is as it was. With it, these could not be imported:")
    proved = fixed.proof is not None and fixed.outcome in _SERVING
    return _((_SERVING if proved else _OUTCOMES)[fixed.outcome])


def _failed(fixed: Fixed, width: int) -> Iterator[Line]:
    if not fixed.fix:
        return  # `why` has said it
    yield _("The environment still does not work."), "bold red"
    for finding in fixed.findings:
        if finding.severity == "error":
            line = f"[x] {headed(finding)}"
            yield from wrapped(line, "    ", width, "red", hang=True)


def _incomplete(fixed: Fixed, width: int) -> Iterator[Line]:
    if fixed.why and not fixed.variables:
        return  # `why` has said it
    if not fixed.variables:
        yield from wrapped(
            _("Applied in part; the remaining errors are listed above."), "", width, "bold"
        )
        return
    if fixed.proof is not None:
        line = _("This shell is unchanged. PyTriton serves Linear once you paste this:")
    else:
        line = _("This shell is unchanged. No errors remain once you paste this:")
    yield from wrapped(line, "", width, "bold")
    yield from _commands(shell_lines(fixed.variables))
