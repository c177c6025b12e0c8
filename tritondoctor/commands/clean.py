"""`tritondoctor clean`."""

from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import Json, conclude, console_of, print_json, say, working_directory
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user


def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Remove them without asking.")] = False,
    user: Annotated[
        Optional[list[str]],
        typer.Option("--user", metavar="NAME", help="As root: clean up for this user; may be repeated."),
    ] = None,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="As root: clean up for every user.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what your dead PyTriton processes left on this machine, and remove it.

    Nothing that a living process uses is touched. With --json nothing is removed unless --yes is given.
    """
    from tritondoctor.commands.console import can_ask
    from tritondoctor.remedies import cleanup
    from tritondoctor.reports import leftovers

    if user and all_users:
        raise UsageError(_("Give --user or --all-users, not both."))
    uids = cleanup.users(user or (), everybody=all_users)
    found = cleanup.find(of_user(), working_directory(), uids)
    if not json:
        leftovers.show_found(found, console_of(asks=not yes and can_ask()))
    result = cleanup.remove(found) if found.leftovers and (yes or (not json and _agreed())) else ()
    if json:
        print_json(leftovers.as_json(found, result))
    elif result:
        leftovers.show_result(result, console_of(asks=True))
    else:
        if found.leftovers:
            say(_("Nothing was removed."))
        conclude(leftovers.conclusion(found))
    raise typer.Exit(int(any(removal.problem for removal in result)))


def _agreed() -> bool:
    from tritondoctor.commands.console import can_ask, confirm

    if can_ask():
        return confirm(_("Remove them?"))
    say(_("No terminal to ask on; add --yes to remove them."))
    return False
