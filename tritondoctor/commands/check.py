"""`tritondoctor check`."""

from typing import Annotated, Optional

import typer

from tritondoctor.commands import checking
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
)
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
    raise typer.Exit(
        checking.run(
            checking.CheckOptions(
                Named(path, python, prefix, conda_env, pid), json, format, output, from_, show_paths,
                gpu, strict, fail_on, select, ignore, plugin, timeout, trust_owner,
            )
        )
    )  # fmt: skip
