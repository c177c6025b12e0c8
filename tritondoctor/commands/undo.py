"""`tritondoctor undo`."""

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Prefix,
    Python,
    TrustOwner,
    complain,
    conclude,
    console_of,
    print_json,
    print_text,
    say,
    target_of,
)
from tritondoctor.support.errors import DoctorError, UsageError
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user

if TYPE_CHECKING:
    from tritondoctor.remedies.journal import Journal
    from tritondoctor.target import Target
from tritondoctor.target import Named


def undo(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    list_: Annotated[bool, typer.Option("--list", help="List the recorded fixes.")] = False,
    id: Annotated[
        Optional[str],
        typer.Option("--id", metavar="ID", help="Undo this fix, not the last one."),
    ] = None,
    forget: Annotated[
        Optional[str],
        typer.Option(
            "--forget", metavar="ID", help="Delete this record; the environment stays as it is."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    trust_owner: TrustOwner = False,
    json: Json = False,
) -> None:
    """Undo the last fix, byte for byte. Files changed since then are left alone and listed."""
    from tritondoctor.remedies import undo as undoing

    if id and forget:
        raise UsageError(_("Give --id or --forget, not both."))
    named = python or prefix or conda_env
    target = (
        target_of(Named(None, python, prefix, conda_env), trust_owner=trust_owner, acting=True)
        if named
        else None
    )
    wanted = id or forget
    journals = [
        journal
        for journal in undoing.on_record(of_user(), target, everywhere=wanted is not None)
        if wanted in (None, journal.record.id)
    ]
    if list_:
        _list(journals, target, wanted, json)
    elif not wanted and (replaced := undoing.last_replaced(of_user(), target)):
        raise DoctorError(undoing.why_away(replaced.record))
    elif journals:
        _act(journals[-1], named=wanted is not None, forget=bool(forget), yes=yes, json=json)
    else:
        missing = UsageError if wanted else DoctorError
        raise missing(_elsewhere() or _no_fix(target, wanted))


def _elsewhere() -> str:
    """What to do about the last fix on record, if that was made on a machine that shares this HOME."""
    from tritondoctor.remedies.journal import journals_elsewhere

    found = journals_elsewhere(of_user())
    if not found:
        return ""
    record = found[-1].record
    return _(
        "The fix {id} was made on {machine}, where {prefix} is another folder: undo it there. "
        "If it is this one all the same: {command}",
        id=record.id, machine=record.machine, prefix=record.prefix,
        command=typed(f"tritondoctor undo --id {record.id}"),
    )  # fmt: skip


def _no_fix(target: "Optional[Target]", id: Optional[str]) -> str:
    if id:
        return _("There is no recorded fix with the id {id}.", id=id)
    if target:
        return _("There is no recorded fix of {target}.", target=target.prefix or target.python)
    return _("There is no recorded fix.")


def _list(journals: "list[Journal]", target: "Optional[Target]", id: Optional[str], json: bool) -> None:
    from tritondoctor.reports import undo as undo_report

    if json:
        print_json({"fixes": [undo_report.record_json(journal.record) for journal in journals]})
    elif not journals:
        say(_no_fix(target, id))
    else:
        for journal in journals:
            say("\n".join(undo_report.record_lines(journal.record, console_of().width)))
        conclude((undo_report.record_line(journal.record), "") for journal in journals)


def _act(journal: "Journal", *, named: bool, forget: bool, yes: bool, json: bool) -> None:
    """Undo or forget one fix, once the user agrees; one that is `named` in another folder, too."""
    from tritondoctor.commands.console import confirm, require_answers
    from tritondoctor.remedies import undo as undoing
    from tritondoctor.reports import undo as undo_report

    record = journal.record
    elsewhere = named and not record.is_here
    if not (json or yes):
        print_text("\n".join(undo_report.record_lines(record, console_of().width)))
    elif not json:
        say("\n".join(undo_report.record_lines(record, console_of().width)))
    if not yes:
        require_answers(_("No terminal to ask on: add --yes."), json=json)
    question = _("Delete the record, with the backup copies?") if forget else _("Undo it?")
    if not (yes or confirm(question)):
        raise typer.Exit(1)
    left: list[str] = []
    if forget:
        undoing.forget(journal)
    else:
        left = undoing.undo(journal, complain, elsewhere=elsewhere)
    if json:
        print_json({"forgotten": record.id} if forget else {"undone": record.id, "left": left})
    else:
        lines = undo_report.forgotten_lines() if forget else undo_report.undone_lines(left, record.id)
        print_text("\n".join(lines))
    raise typer.Exit(int(bool(left)))
