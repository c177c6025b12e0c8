"""The check itself, whatever read its options: typer (check.py), or the quick line (quick.py)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Optional

from tritondoctor.commands.basics import complain, conclude, console_of, target_of, working_directory
from tritondoctor.commands.choices import FailOn, GpuPolicy, ReportFormat
from tritondoctor.support import detail, state_folder
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S, Named

if TYPE_CHECKING:
    from tritondoctor.examination.report import Report


class CheckOptions(NamedTuple):
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
    if options.from_ is None:
        target = target_of(options.named, timeout=options.timeout, trust_owner=options.trust_owner)
        with LateProgress(_("examining {python}", python=target.python)):
            report = check_report.of_machine(target, wanted_gpu or "auto")
    else:
        report = check_report.of_snapshot(options.from_, wanted_gpu)
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
