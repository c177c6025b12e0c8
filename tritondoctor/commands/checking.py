"""The check itself, whatever read its options: typer (check.py), or the quick line (quick.py)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.commands.basics import complain, conclude, console_of, target_of, working_directory
from tritondoctor.commands.choices import FailOn, GpuPolicy, ReportFormat
from tritondoctor.support import detail, state_folder
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S, Named

if TYPE_CHECKING:
    from tritondoctor.examination.report import Report
    from tritondoctor.facts.interpreter.question import Question
    from tritondoctor.target import Target


class CheckOptions(msgspec.Struct, frozen=True):
    """What was asked for, named as the options of `tritondoctor check`."""

    named: Named = Named()
    json: bool = False
    format: Optional[Sequence[ReportFormat]] = None
    output: Optional[Sequence[str]] = None
    from_: Optional[str] = None
    show_paths: bool = False
    gpu: Optional[GpuPolicy] = None
    strict: bool = False
    fail_on: Optional[FailOn] = None
    select: Optional[Sequence[str]] = None
    ignore: Optional[Sequence[str]] = None
    plugin: Optional[Sequence[str]] = None
    timeout: float = DEADLINE_S
    trust_owner: bool = False


def run(options: CheckOptions) -> int:
    """Examine, report, and return the exit code.  Raises DoctorError."""
    began = time.monotonic()
    if options.strict and options.fail_on is FailOn.ERROR:
        raise UsageError(_("--strict means --fail-on warning: leave out --fail-on error."))
    if options.from_ is not None and options.named != Named():
        raise UsageError(_("--from names the environment: leave out PATH and the options that name one."))
    if options.from_ is not None:
        return _report(options, None, began)
    target = target_of(options.named, timeout=options.timeout, trust_owner=options.trust_owner)
    from tritondoctor.facts.interpreter.question import Question

    question = Question(target)  # the interpreter thinks while the checks are imported
    try:
        return _report(options, (target, question), began)
    finally:
        question.end()


def _report(options: CheckOptions, interview: Optional[tuple[Target, Question]], began: float) -> int:
    """Report on the target that is interviewed, or on the snapshot; return the exit code."""
    from tritondoctor.commands import check_report
    from tritondoctor.commands import output as outputs
    from tritondoctor.commands.late import LateProgress
    from tritondoctor.examination.report import timed
    from tritondoctor.reports.formats import render

    _load_plugins(options.plugin or ())
    wanted = outputs.outputs(options.format, options.output, json=options.json)
    severity = FailOn.WARNING if options.strict else options.fail_on
    rules = check_report.rules(
        working_directory(), severity and severity.value, options.select or (), options.ignore or ()
    )
    wanted_gpu = options.gpu.value if options.gpu else rules.policy.require.gpu
    if interview is not None:
        with LateProgress(_("examining {python}", python=interview[0].python)):
            report = check_report.of_machine(*interview, wanted_gpu or "auto")
    else:
        report = check_report.of_snapshot(str(options.from_), wanted_gpu)
    examined = report.prefix
    report = check_report.judged(report, rules, paths=options.show_paths)
    report = timed(report, time.monotonic() - began)
    outputs.write(wanted, lambda name: render(name, report), lambda: _show(report))
    if options.from_ is None:
        _report_interrupted(examined)
    return report.exit_code


def _load_plugins(names: Sequence[str]) -> None:
    if names:
        from tritondoctor.examination import plugins

        for name in names:
            plugins.load(name, working_directory())


def _show(report: Report) -> None:
    from tritondoctor.reports import console
    from tritondoctor.support.invocation import program

    console.show(report, console_of(), detail.chosen(), program(of_user()))
    conclude(console.conclusion(report))


def _report_interrupted(prefix: Optional[str]) -> None:
    """Point out a fix that was killed in the middle: whichever command comes next finds it."""
    if not os.path.isdir(state_folder.of_records(of_user())):
        return
    from tritondoctor.remedies.journal import journals

    for record in (journal.record for journal in journals(of_user())):
        if record.prefix == prefix and record.state != "applied":
            complain(
                _(
                    "the fix of {time} was interrupted: `tritondoctor undo` reverts it, "
                    "`tritondoctor fix` reverts it and starts again.",
                    time=record.started,
                )
            )
