"""`tritondoctor fix`."""

import gc
import time
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Path,
    Pid,
    Prefix,
    Python,
    Timeout,
    TrustOwner,
    conclude,
    console_of,
    print_json,
    target_of,
)
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.target import DEADLINE_S, Named

if TYPE_CHECKING:
    from tritondoctor.remedies.fix import Fixed
    from tritondoctor.target import Target


def fix(
    path: Path = None,
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    pid: Pid = None,
    conda: Annotated[
        bool, typer.Option("--conda", help="Repair with conda packages and activation scripts.")
    ] = False,
    venv: Annotated[
        bool, typer.Option("--venv", help="Let the venv's activate scripts set what is needed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    no_selftest: Annotated[
        bool, typer.Option("--no-selftest", help="Do not start PyTriton to verify the result.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Apply what helps even if errors remain.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Repair warnings too.")] = False,
    allow_base: Annotated[
        bool, typer.Option("--allow-base", help="Allow changes to conda's base environment.")
    ] = False,
    allow_system: Annotated[
        bool, typer.Option("--allow-system", help="Allow changes to system folders.")
    ] = False,
    allow_breaking: Annotated[
        Optional[list[str]],
        typer.Option(
            "--allow-breaking",
            metavar="NAME",
            help="Allow changes that break this package; may be repeated.",
        ),
    ] = None,
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Take conda packages from here."),
    ] = None,
    html: Annotated[
        Optional[str],
        typer.Option("--html", metavar="FILE", help="With --dry-run: write the plan as a page."),
    ] = None,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
    json: Json = False,
) -> None:
    """Repair an environment: show a simulated plan, apply it, verify the result. Easy to undo."""
    began = time.monotonic()
    gc.enable()
    from tritondoctor.commands.console import require_answers
    from tritondoctor.commands.fix_dialog import FixDialog
    from tritondoctor.remedies import fix as fixing
    from tritondoctor.remedies.permissions import Permissions
    from tritondoctor.reports import fix as fix_report

    if conda and venv:
        raise UsageError(_("Give --conda or --venv, not both."))
    if html and not dry_run:
        raise UsageError(_("--html shows a plan before it is applied: add --dry-run."))
    if not (yes or dry_run):
        require_answers(
            _("No terminal to ask on: add --yes to apply the plan, or --dry-run to see it."), json=json
        )
    target = target_of(
        Named(path, python, prefix, conda_env, pid), timeout=timeout, trust_owner=trust_owner, acting=True
    )
    options = fixing.Options(
        conda=conda, venv=venv, dry_run=dry_run, partial=partial, selftest=not no_selftest,
        strict=strict, channels=tuple(channel or ()),
        permissions=Permissions(
            base=allow_base, system=allow_system, breaking=tuple(allow_breaking or ()),
        ),
        may_build=yes and not dry_run,
    )  # fmt: skip
    console = console_of(stderr=json, asks=not (yes or dry_run))
    result = fixing.run(target, options, FixDialog(console, yes=yes, quiet=json))
    if html:
        _write_page(target, result, html)
    if json:
        _print_result(target, result, time.monotonic() - began)
    else:
        fix_report.show(result, console)
        if console.quiet:
            conclude(fix_report.conclusion(result))
    raise typer.Exit(result.exit_code)


def _write_page(target: "Target", result: "Fixed", path: str) -> None:
    """Write the page of a plan that was not applied: the findings now, and what would remain."""
    from tritondoctor.commands.output import write_file
    from tritondoctor.examination.report import masked, report_of
    from tritondoctor.reports import html

    report = report_of(target, result.facts)
    planning = result.planning
    plan = planning and (planning.plan or planning.partial)
    complete = bool(planning and planning.plan)
    planned = html.planned(plan, result.facts, complete=complete) if plan else None
    page = html.render(masked(report, paths=False), planned)
    write_file("--html", path, page)


def _print_result(target: "Target", result: "Fixed", seconds: float) -> None:
    from tritondoctor.examination import masks, report
    from tritondoctor.reports.fix_json import fix_json

    end = report.timed(report.report_of(target, result.facts), seconds)
    shown = fix_json(result, report.masked(end, paths=False))
    print_json(masks.json_masked(shown, result.facts))
