"""`tritondoctor selftest`."""

import gc
import time
from typing import Annotated

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Prefix,
    Python,
    TrustOwner,
    console_of,
    print_json,
    target_of,
    usage,
)


def selftest(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    device: Annotated[
        str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where the model computes.")
    ] = "auto",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds that each phase may take.")
    ] = 90.0,
    trust_owner: TrustOwner = False,
    bench: Annotated[bool, typer.Option("--bench", help="Measure throughput and latency.")] = False,
    json: Json = False,
) -> None:
    """Start a real PyTriton, ask its Linear over HTTP and gRPC, and compare the numbers."""
    began = time.monotonic()
    gc.enable()  # __main__ took it off, for the short commands
    if device not in ("auto", "cpu", "cuda"):
        usage(f"--device {device}: it is auto, cpu or cuda.")
    if not 0 < timeout < 86400:
        usage(f"--timeout {timeout:g}: it is a number of seconds above 0.")
    from tritondoctor import facts

    found = target_of(python, prefix, conda_env, trust_owner=trust_owner, acting=True)
    observed = facts.gather(found)
    from tritondoctor.examination import report
    from tritondoctor.reports import selftest as told
    from tritondoctor.selftest import runner

    console = console_of(stderr=json)
    with told.StageProgress(console) as live:
        result = runner.run(found, observed, device=device, timeout=timeout, bench=bench, progress=live)
    whole = told.with_selftest(report.report_of(found, observed), result)
    if json:
        print_json(told.report_json(report.timed(whole, time.monotonic() - began), result))
    else:
        told.show(result, console)
    raise typer.Exit(result.exit_code())
