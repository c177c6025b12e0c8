"""`tritondoctor check`."""

import os
import time
from typing import Annotated, Optional

import typer

from tritondoctor.commands.choices import FailOn, GpuPolicy, ReportFormat
from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Path,
    Pid,
    Prefix,
    Python,
    ShowPaths,
    Timeout,
    TrustOwner,
    complain,
    console_of,
    target_of,
    working_directory,
)
from tritondoctor.support import detail, state_folder
from tritondoctor.support.errors import UsageError
from tritondoctor.support.invocation import program
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S, Named


def check(
    path: Path = None,
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    pid: Pid = None,
    json: Json = False,
    format: Annotated[
        Optional[list[ReportFormat]],
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(format.value for format in ReportFormat)}; may be repeated.",
        ),
    ] = None,
    output: Annotated[
        Optional[list[str]],
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the first --format to the first --output, and so on; "
            "a format without a file is printed.",
        ),
    ] = None,
    from_: Annotated[
        Optional[str],
        typer.Option("--from", metavar="SNAPSHOT", help="Examine a snapshot instead of this machine."),
    ] = None,
    show_paths: ShowPaths = False,
    gpu: Annotated[
        Optional[GpuPolicy],
        typer.Option(
            "--gpu",
            help="GPU policy. auto: use one if present; required: fail without a working GPU; "
            "off: skip GPU checks.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    fail_on: Annotated[
        Optional[FailOn], typer.Option("--fail-on", help="The lowest severity that fails the check.")
    ] = None,
    select: Annotated[
        Optional[list[str]],
        typer.Option("--select", metavar="ID", help="Report only this finding; may be repeated."),
    ] = None,
    ignore: Annotated[
        Optional[list[str]],
        typer.Option("--ignore", metavar="ID", help="Do not fail on this finding; may be repeated."),
    ] = None,
    plugin: Annotated[
        Optional[list[str]],
        typer.Option(
            "--plugin", metavar="MODULE", help="Run the checks of this module, too; may be repeated."
        ),
    ] = None,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
) -> None:
    """Predict whether PyTriton will start and answer in an environment, and name the cause if not."""
    began = time.monotonic()
    if strict and fail_on is FailOn.ERROR:
        raise UsageError(_("--strict means --fail-on warning: leave out --fail-on error."))
    named = Named(path, python, prefix, conda_env, pid)
    if from_ is not None and named != Named():
        raise UsageError(_("--from names the environment: leave out PATH and the options that name one."))
    from tritondoctor.commands import check_report
    from tritondoctor.commands import output as outputs
    from tritondoctor.commands.late import LateProgress
    from tritondoctor.examination import plugins
    from tritondoctor.examination.report import timed
    from tritondoctor.reports import console as console_report
    from tritondoctor.reports.formats import render

    for name in plugin or ():
        plugins.load(name, working_directory())
    wanted = outputs.outputs(format, output, json=json)
    severity = FailOn.WARNING if strict else fail_on
    rules = check_report.rules(
        working_directory(), severity and severity.value, select or (), ignore or ()
    )
    wanted_gpu = gpu.value if gpu else rules.policy.require.gpu
    if from_ is None:
        target = target_of(named, timeout=timeout, trust_owner=trust_owner)
        with LateProgress(_("examining {python}", python=target.python)):
            report = check_report.of_machine(target, wanted_gpu or "auto")
    else:
        report = check_report.of_snapshot(from_, wanted_gpu)
    examined = report.prefix
    report = check_report.judged(report, rules, paths=show_paths)
    report = timed(report, time.monotonic() - began)
    outputs.write(
        wanted,
        lambda name: render(name, report),
        lambda: console_report.show(report, console_of(), detail.chosen(), program(of_user())),
    )
    if from_ is None:
        _report_interrupted(examined)
    raise typer.Exit(report.exit_code)


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
