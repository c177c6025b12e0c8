"""`tritondoctor fix` and `tritondoctor undo`."""

import gc
import sys
import time
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Prefix,
    Python,
    Timeout,
    TrustOwner,
    console_of,
    fail,
    print_json,
    say,
    target_of,
    usage,
)
from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S


def fix(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    conda: Annotated[
        bool, typer.Option("--conda", help="By conda's means: its packages, its activation scripts.")
    ] = False,
    venv: Annotated[
        bool, typer.Option("--venv", help="Let the venv's activate scripts set what is needed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    no_selftest: Annotated[
        bool, typer.Option("--no-selftest", help="Do not start PyTriton to prove it.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Apply what helps though something is left.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Repair what warnings name too.")] = False,
    allow_base: Annotated[
        bool, typer.Option("--allow-base", help="Change conda's base environment too.")
    ] = False,
    allow_system: Annotated[
        bool, typer.Option("--allow-system", help="Change folders of the system too.")
    ] = False,
    allow_breaking: Annotated[
        Optional[list[str]],
        typer.Option(
            "--allow-breaking", metavar="NAME", help="Change what this package needs, though it breaks."
        ),
    ] = None,
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Take conda packages from there."),
    ] = None,
    html: Annotated[
        Optional[str],
        typer.Option("--html", metavar="FILE", help="With --dry-run: write the plan as a page."),
    ] = None,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
    json: Json = False,
) -> None:
    """Repair an environment: a plan that was tried on a model, applied, proved, and easy to undo."""
    began = time.monotonic()
    gc.enable()
    from tritondoctor.examination import masks, report
    from tritondoctor.remedies import fix as fixing
    from tritondoctor.remedies.operations import RemedyError
    from tritondoctor.remedies.permissions import Permissions
    from tritondoctor.reports import fix as told

    if conda and venv:
        usage("Give --conda or --venv, not both.")
    if html and not dry_run:
        usage("--html shows a plan before it is made: it goes with --dry-run.")
    if not (yes or dry_run) and (json or not told.is_terminal()):
        usage("Nobody can be asked here: add --yes to apply the plan, or --dry-run to see it.")
    found = target_of(python, prefix, conda_env, timeout=timeout, trust_owner=trust_owner, acting=True)
    options = fixing.Options(
        conda=conda, venv=venv, dry_run=dry_run, partial=partial, selftest=not no_selftest,
        strict=strict, channels=tuple(channel or ()),
        permissions=Permissions(
            base=allow_base, system=allow_system, breaking=tuple(allow_breaking or ()),
        ),
    )  # fmt: skip
    console = console_of(stderr=json)
    try:
        result = fixing.run(found, options, told.FixDialog(console, yes=yes, quiet=json))
    except RemedyError as failure:
        fail(str(failure))
    if html:
        from tritondoctor.commands import check_report

        try:
            check_report.write_plan(found, result, html)
        except check_report.UsageError as mistake:
            usage(str(mistake))
    if json:
        end = report.timed(report.report_of(found, result.facts), time.monotonic() - began)
        shown = told.fix_json(result, report.masked(end, paths=False))
        print_json(masks.json_masked(shown, result.facts))
    else:
        told.show(result, console)
    raise typer.Exit(result.exit_code)


def _note(message: str) -> None:
    """Something that the user has to know, beside the result."""
    sys.stderr.write(f"tritondoctor: {message}\n")


def undo(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the fixes on record.")] = False,
    id: Annotated[
        Optional[str],
        typer.Option("--id", metavar="ID", help="Take back this one of them, not the last."),
    ] = None,
    forget: Annotated[
        Optional[str],
        typer.Option("--forget", metavar="ID", help="Drop this record; the environment stays as it is."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    trust_owner: TrustOwner = False,
    json: Json = False,
) -> None:
    """Take the last fix back, byte for byte; what has changed since is left alone and told."""
    from tritondoctor.remedies import undo as undoing
    from tritondoctor.remedies.operations import RemedyError
    from tritondoctor.reports import fix as told

    if id and forget:
        usage("Give --id or --forget, not both.")
    named, wanted = python or prefix or conda_env, id or forget
    chosen = target_of(python, prefix, conda_env, trust_owner=trust_owner, acting=True) if named else None
    known = [one for one in undoing.on_record(of_user(), chosen) if wanted in (None, one.record.id)]
    if list_ and json:
        print_json({"fixes": [told.record_json(one.record) for one in known]})
        return
    if not known:
        where = f" for {chosen.prefix or chosen.python}" if chosen else ""
        where += f" with the id {wanted}" if wanted else ""
        say(f"There is no fix on record{where}.") if list_ else fail(f"there is no fix on record{where}.")
        return
    console = console_of(stderr=json)
    if not json:
        for one in known if list_ else known[-1:]:
            say("\n".join(told.record_lines(one.record, console.width)))
    if list_:
        return
    if not yes and (json or not told.is_terminal()):
        usage(f"Nobody can be asked here: add --yes to {'forget' if forget else 'undo'} it.")
    question = "Forget it, with the copies of what was there before?" if forget else "Undo it?"
    if not told.FixDialog(console, yes=yes, quiet=json).ask(question):
        raise typer.Exit(1)
    left: list[str] = []
    try:
        undoing.forget(known[-1]) if forget else left.extend(undoing.undo(known[-1], _note))
    except RemedyError as failure:
        fail(str(failure))
    record = known[-1].record
    if json:
        print_json({"forgotten": record.id} if forget else {"undone": record.id, "left": left})
    else:
        say("\n".join([told.FORGOTTEN] if forget else told.undone_lines(left, record.id)))
    raise typer.Exit(int(bool(left)))
