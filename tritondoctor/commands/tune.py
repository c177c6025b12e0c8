"""`tritondoctor tune`."""

import gc
import os
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.choices import GeneratorChoice, ProtocolChoice
from tritondoctor.commands.common import (
    CondaEnv,
    Json,
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
from tritondoctor.support.errors import DoctorError, UsageError
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _
from tritondoctor.target import Named

if TYPE_CHECKING:
    from tritondoctor.checks import Finding
    from tritondoctor.facts.model import Facts
    from tritondoctor.selftest.watch import Ended
    from tritondoctor.target import Target
    from tritondoctor.tuning.model import TuneResult
    from tritondoctor.tuning.track import Wishes


def tune(
    function: Annotated[
        str,
        typer.Argument(metavar="FILE:FUNCTION", help="The inference function, such as server.py:infer."),
    ],
    input_: Annotated[
        Optional[list[str]],
        typer.Option(
            "--input",
            metavar="NAME:DTYPE:SHAPE",
            help="An input, where the file has no INPUTS: data:FP32:2.",
        ),
    ] = None,
    output: Annotated[
        Optional[list[str]],
        typer.Option("--output", metavar="NAME:DTYPE:SHAPE", help="An output, where it has no OUTPUTS."),
    ] = None,
    budget: Annotated[
        Optional[str],
        typer.Option(
            "--budget", metavar="TIME", help="What the p95 of the latency may be, such as 50ms."
        ),
    ] = None,
    clients: Annotated[
        str, typer.Option("--clients", metavar="N,N", help="How many clients ask at once.")
    ] = "1,8,32",
    max_instances: Annotated[
        int, typer.Option("--max-instances", metavar="N", help="The most instances to try.")
    ] = 2,
    framework_threads: Annotated[
        Optional[str],
        typer.Option("--framework-threads", metavar="N,N", help="Threads of PyTorch or BLAS to try."),
    ] = None,
    data: Annotated[
        Optional[str],
        typer.Option("--data", metavar="FILE.npz", help="Rows to send: an array for each input."),
    ] = None,
    protocol: Annotated[
        ProtocolChoice, typer.Option("--protocol", help="How the clients ask.")
    ] = ProtocolChoice.HTTP,
    generator: Annotated[
        GeneratorChoice, typer.Option("--generator", help="What puts the load on.")
    ] = GeneratorChoice.OWN,
    rate: Annotated[
        Optional[str],
        typer.Option(
            "--rate", metavar="N,N", help="Also: requests a second that do not wait for each other."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", help="How long the race may take in all.")
    ] = 160.0,
    html: Annotated[
        Optional[str], typer.Option("--html", metavar="FILE", help="Write a page with pictures.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds that the start of the file may take.")
    ] = 120.0,
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    pid: Pid = None,
    trust_owner: TrustOwner = False,
    json: Json = False,
) -> None:
    """Find the configuration with which PyTriton serves your function best, in about three minutes."""
    gc.enable()  # __main__ took it off, for the short commands
    require_seconds(timeout)
    from tritondoctor.commands.output import require_place, write_file
    from tritondoctor.tuning import options
    from tritondoctor.tuning.track import Wishes

    path, name = options.file_and_function(function)
    wishes = Wishes(
        path,
        name,
        inputs=options.tensors("--input", input_),
        outputs=options.tensors("--output", output),
        budget_ms=options.budget_ms(budget),
        clients=options.clients(clients),
        most_instances=options.instances(max_instances),
        data=options.data_file(data),
        threads=options.threads(framework_threads),
        protocol=protocol.value,
        generator=generator.value,
        rates=options.rates(rate),
        timeout=timeout,
        seconds=options.seconds(seconds),
    )
    if generator is GeneratorChoice.PERF_ANALYZER:
        from tritondoctor.tuning import perf_analyzer

        perf_analyzer.program()
    if html is not None:
        require_place("--html", html)
    target = target_of(Named(None, python, prefix, conda_env, pid), trust_owner=trust_owner, acting=True)
    _require_own(path, trust_owner=trust_owner)
    result = _raced(target, wishes)
    if html is not None:
        from tritondoctor.reports import tune_html

        write_file("--html", html, tune_html.render(result))
    if json:
        from tritondoctor.tuning import record

        print_json(record.as_json(result))
    else:
        from tritondoctor.reports import tune as report

        report.show(result, console_of())
        conclude(report.conclusion(result))
    raise typer.Exit(result.exit_code)


def _require_own(path: str, *, trust_owner: bool) -> None:
    """Root runs no file that somebody else can change."""
    from tritondoctor.target import identity

    if os.geteuid() != 0 or trust_owner:
        return
    owner = identity.owner_of(path)
    if owner is not None:
        raise UsageError(
            _("{user} can change {path}, so it does not run as root. To run it as root anyway: "
              "--trust-owner.", user=identity.who_can_change(owner), path=path)
        )  # fmt: skip


def _raced(target: "Target", wishes: "Wishes") -> "TuneResult":
    """Raises UsageError for what the file lacks, DoctorError where PyTriton does not start."""
    from tritondoctor import facts
    from tritondoctor.checks import examine
    from tritondoctor.commands.console import Progress
    from tritondoctor.selftest.watch import Ended
    from tritondoctor.tuning import run

    observed = facts.gather(target)
    errors = [finding for finding in examine(observed) if finding.severity == "error"]
    with Progress(console_of(stderr=True)) as progress:

        def show(words: str, left: float) -> None:
            progress.now(_("{words}; at most {seconds} s left", words=words, seconds=f"{left:.0f}"))

        try:
            return run.tune(target, wishes, predicted=bool(errors), progress=show)
        except Ended as ended:
            raise _not_started(target, observed, errors, ended) from None


def _not_started(
    target: "Target", observed: "Facts", errors: "list[Finding]", ended: "Ended"
) -> DoctorError:
    from tritondoctor.selftest import cause

    known = cause.known_fields(target, observed)
    finding = cause.causes(errors, (), ended.what, known, ended.observation)[0]
    option = f" {target.chosen_by}" if target.chosen_by.startswith("--") else ""
    return DoctorError(
        _("PyTriton does not start here: {title} ({id}). What to do: {command}",
          title=str(finding.title), id=finding.id, command=typed(f"tritondoctor check{option}"))
    )  # fmt: skip
