"""`tritondoctor check`."""

import os
import sys
import time
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Prefix,
    Python,
    ShowPaths,
    Timeout,
    TrustOwner,
    console_of,
    target_of,
    usage,
    working_directory,
)
from tritondoctor.support import state_folder
from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S


def check(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    json: Json = False,
    format: Annotated[
        Optional[list[str]],
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="console, json, markdown, junit, sarif, github, "
            "gitlab or html; may be given several times.",
        ),
    ] = None,
    output: Annotated[
        Optional[list[str]],
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the first --format to the first --output, "
            "and so on; a format without a file is printed.",
        ),
    ] = None,
    from_: Annotated[
        Optional[str],
        typer.Option("--from", metavar="SNAPSHOT", help="Examine a snapshot instead of this machine."),
    ] = None,
    show_paths: ShowPaths = False,
    gpu: Annotated[
        str,
        typer.Option(
            "--gpu",
            metavar="auto|required|off",
            help="What is expected of the GPU: whatever is there; one that works; nothing, do not look.",
        ),
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="error|warning", help="From which severity on it fails.")
    ] = "",
    select: Annotated[
        Optional[list[str]], typer.Option("--select", metavar="ID", help="Tell of these findings only.")
    ] = None,
    ignore: Annotated[
        Optional[list[str]], typer.Option("--ignore", metavar="ID", help="Let this finding not count.")
    ] = None,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
) -> None:
    """Predict whether PyTriton will start and answer in an environment, and name the cause if not."""
    began = time.monotonic()
    if strict and fail_on == "error":
        usage("--strict is --fail-on warning: leave one out.")
    if gpu not in ("", "auto", "required", "off"):
        usage(f"--gpu {gpu}: it is auto, required or off.")
    from tritondoctor.commands import check_report

    try:
        wanted = check_report.outputs(
            ["json"] if json else format or [], output or [], json and bool(format)
        )
        rules = check_report.rules(
            working_directory(), "warning" if strict else fail_on, select or (), ignore or ()
        )
        if from_ is None:
            found = target_of(python, prefix, conda_env, timeout=timeout, trust_owner=trust_owner)
            result = check_report.live(found, gpu or rules.policy.require.gpu or "auto")
        elif python or prefix or conda_env:
            usage("--from tells which environment it is: name no other.")
        else:
            result = check_report.of_snapshot(from_, gpu or rules.policy.require.gpu)
        examined = result.prefix
        result = check_report.told(result, rules, paths=show_paths)
        result = check_report.timed(result, time.monotonic() - began)
        check_report.write(result, wanted, console_of)
    except check_report.UsageError as mistake:
        usage(str(mistake))
    if from_ is None:
        _tell_interrupted(examined)
    raise typer.Exit(result.exit_code)


def _tell_interrupted(prefix: Optional[str]) -> None:
    """A fix that was killed in the middle is found by the next command, whichever it is."""
    if not os.path.isdir(state_folder.of_records(of_user())):
        return
    from tritondoctor.remedies import journal

    for one in journal.journals(of_user()):
        if one.record.prefix == prefix and one.record.state != "applied":
            sys.stderr.write(
                f"tritondoctor: the fix of {one.record.started} was interrupted: `tritondoctor fix` "
                "finishes it, `tritondoctor undo` takes it back.\n"
            )
