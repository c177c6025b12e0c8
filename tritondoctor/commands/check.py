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
    console_of,
    print_json,
    target_of,
    usage,
)


def check(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    json: Json = False,
    gpu: Annotated[
        str,
        typer.Option(
            "--gpu",
            metavar="auto|required|off",
            help="What is expected of the GPU: whatever is there; one that works; nothing, do not look.",
        ),
    ] = "auto",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Predict whether PyTriton will start and answer in an environment, and name the cause if not."""
    began = time.monotonic()
    from tritondoctor import facts

    if gpu not in ("auto", "required", "off"):
        usage(f"--gpu {gpu}: it is auto, required or off.")
    found = target_of(python, prefix, conda_env)
    observed = facts.gather(found, wanted_gpu=gpu)  # type: ignore[arg-type]
    from tritondoctor import report

    result = report.report_of(found, observed)
    result = report.timed(result, time.monotonic() - began)
    if json:
        print_json(report.as_json(result))
    else:
        from tritondoctor.reports import console

        console.show(result, console_of())
    _tell_interrupted(result.prefix)
    raise typer.Exit(result.exit_code(strict=strict))


def _tell_interrupted(prefix: Optional[str]) -> None:
    """A fix that was killed in the middle is found by the next command, whichever it is."""
    from tritondoctor.remedies import journal

    for one in journal.journals(os.environ):
        if one.record.prefix == prefix and one.record.state != "applied":
            sys.stderr.write(
                f"tritondoctor: the fix of {one.record.started} was interrupted: `tritondoctor fix` "
                "finishes it, `tritondoctor undo` takes it back.\n"
            )
