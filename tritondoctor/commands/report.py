"""`tritondoctor report`."""

import os
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Path,
    Pid,
    Prefix,
    Python,
    ShowPaths,
    Timeout,
    TrustOwner,
    console_of,
    say,
    target_of,
    working_directory,
)
from tritondoctor.support import detail
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.target import DEADLINE_S, Named

if TYPE_CHECKING:
    from tritondoctor.examination.report import Report
    from tritondoctor.facts import Facts
    from tritondoctor.target import Target


def report(
    path: Path = None,
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    pid: Pid = None,
    output: Annotated[
        str, typer.Option("--output", metavar="FILE", help="The bundle, a zip file.")
    ] = "tritondoctor-report.zip",
    log: Annotated[
        Optional[str],
        typer.Option("--log", metavar="FILE", help="Put the server's log into it, redacted."),
    ] = None,
    selftest: Annotated[
        bool, typer.Option("--selftest", help="Start PyTriton, and put the outcome into it.")
    ] = False,
    show_paths: ShowPaths = False,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
) -> None:
    """Write one redacted file to hand on: snapshot, check, page, log; and print the text of an issue."""
    began = time.monotonic()
    from tritondoctor import facts
    from tritondoctor.commands import check_report
    from tritondoctor.commands.late import LateProgress
    from tritondoctor.examination import masks, snapshot
    from tritondoctor.examination.report import timed
    from tritondoctor.facts.interpreter.question import Question
    from tritondoctor.reports import bundle
    from tritondoctor.support.archive import write

    if os.path.lexists(output):
        raise UsageError(_("{path} already exists; name another file with --output.", path=output))
    text = _text(log) if log is not None else None
    named = Named(path, python, prefix, conda_env, pid)
    target = target_of(named, timeout=timeout, trust_owner=trust_owner, acting=selftest)
    with LateProgress(_("examining {python}", python=target.python)):
        observation = facts.observe(target, Question(target))
    observed = observation.facts
    rules = check_report.rules(working_directory(), None, (), ())
    shown = check_report.judged(check_report.of_observed(observation), rules, paths=show_paths)
    shown = timed(shown, time.monotonic() - began)
    outcome = _selftest(target, observed, shown) if selftest else None
    taken = snapshot.as_text(snapshot.take(target, observed, paths=show_paths))
    mask = masks.line_mask(observed)
    files = bundle.files(
        shown, taken, log=text, selftest=outcome,
        hide=lambda line: line if show_paths else mask(line, False),
    )  # fmt: skip
    try:
        write(output, files)
    except OSError as failure:
        raise UsageError(f"{output}: {failure.strerror}.") from None
    written = bundle.written_lines(output, shown, sorted(files))
    for line in islice(written, 1) if detail.quiet() else written:
        sys.stderr.write(f"{line}\n")
    say(files["issue.md"])


def _text(path: str) -> str:
    from tritondoctor.support.reading import open_named

    try:
        with open_named(path) as stream:
            return stream.read(1 << 26).decode("utf-8", "replace")
    except OSError as failure:
        raise UsageError(f"--log {path}: {failure.strerror}.") from None


def _selftest(target: "Target", observed: "Facts", shown: "Report") -> dict[str, Any]:
    from tritondoctor.commands.fix_dialog import run_selftest
    from tritondoctor.examination import masks
    from tritondoctor.reports.selftest import selftest_json

    outcome = selftest_json(run_selftest(target, observed, console_of(stderr=True)))
    masked: dict[str, Any] = masks.json_masked(masks.json_without_secrets(outcome), observed)  # type: ignore[assignment]
    return masked
