"""`tritondoctor selftest`."""

import gc
import os
import time
from typing import Annotated, Optional

import typer

from tritondoctor.commands.choices import DeviceChoice, FrameworkChoice
from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Path,
    Pid,
    Prefix,
    Python,
    TrustOwner,
    conclude,
    console_of,
    print_json,
    require_seconds,
    target_of,
)
from tritondoctor.support.errors import UsageError
from tritondoctor.support.invocation import program
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user
from tritondoctor.target import Named


def selftest(
    path: Path = None,
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    pid: Pid = None,
    device: Annotated[
        DeviceChoice, typer.Option("--device", help="Where the model computes.")
    ] = DeviceChoice.AUTO,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds that each phase may take.")
    ] = 90.0,
    trust_owner: TrustOwner = False,
    bench: Annotated[bool, typer.Option("--bench", help="Measure throughput and latency.")] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Serve an ensemble of two models, too.")
    ] = False,
    framework: Annotated[
        Optional[FrameworkChoice],
        typer.Option(
            "--framework",
            help="Compute with it; auto: the first one that works. Default: torch, else NumPy.",
        ),
    ] = None,
    llama: Annotated[
        str,
        typer.Option(
            "--llama",
            metavar="MODEL",
            help="Stream text, too: random, smollm2, or a folder with weights.",
        ),
    ] = "",
    html: Annotated[
        Optional[str],
        typer.Option("--html", metavar="FILE", help="With --bench: write a page with pictures."),
    ] = None,
    json: Json = False,
) -> None:
    """Start a real PyTriton, send requests to its Linear model over HTTP and gRPC, check the answers."""
    began = time.monotonic()
    gc.enable()  # __main__ took it off, for the short commands
    require_seconds(timeout)
    if html is not None and not bench:
        raise UsageError(_("--html FILE goes with --bench."))
    from tritondoctor import facts
    from tritondoctor.commands.console import StageProgress
    from tritondoctor.commands.output import require_place, write_file
    from tritondoctor.examination.report import report_of, timed
    from tritondoctor.reports import console as console_report
    from tritondoctor.reports import selftest as selftest_report
    from tritondoctor.reports.layout import print_lines
    from tritondoctor.selftest import runner

    if html is not None:
        require_place("--html", html)
    target = target_of(Named(path, python, prefix, conda_env, pid), trust_owner=trust_owner, acting=True)
    observed = facts.gather(target)
    report, console = report_of(target, observed), console_of(stderr=json)
    print_lines(console, console_report.header(report.facts, report.chosen_by))
    with StageProgress(console) as progress:
        result = runner.run(
            target,
            observed,
            device=device.value,
            timeout=timeout,
            bench=bench,
            pipes=ensemble,
            language_model=_language_model(llama),
            framework=framework.value if framework else "",
            progress=progress,
        )
    if html is not None and result.bench is not None:
        from tritondoctor.reports import bench as bench_report

        write_file("--html", html, bench_report.page(result.bench))
    if json:
        report = selftest_report.with_selftest(report, result)
        print_json(selftest_report.report_json(timed(report, time.monotonic() - began), result))
    else:
        selftest_report.show(result, console)
        if not result.passed:
            shown = selftest_report.with_selftest(report, result)
            print_lines(console, console_report.next_lines(shown, program(of_user())))
        conclude(selftest_report.conclusion(result))
    raise typer.Exit(result.exit_code())


def _language_model(name: str) -> str:
    """The name of a model, or the whole path of a folder.  Raises UsageError."""
    if name in ("", "random", "smollm2"):
        return name
    folder = os.path.abspath(os.path.expanduser(name))
    if not os.path.isdir(folder):
        raise UsageError(
            _("--llama {name}: not random, not smollm2, and no folder with weights.", name=repr(name))
        )
    return folder
