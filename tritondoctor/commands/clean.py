"""`tritondoctor clean`."""

import sys
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import Json, console_of, print_json, say, usage, working_directory
from tritondoctor.support.variables import of_user


def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Remove them without asking.")] = False,
    user: Annotated[
        Optional[list[str]],
        typer.Option("--user", metavar="NAME", help="Root: clean up for this user (may be repeated)."),
    ] = None,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="Root: clean up for every user.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what your dead PyTriton processes have left on this machine, and remove it.

    Nothing that a living process uses is touched. With --json nothing is removed unless --yes is given.
    """
    from tritondoctor.remedies import cleanup
    from tritondoctor.reports import leftovers

    if user and all_users:
        usage("Give --user or --all-users, not both.")
    try:
        uids = cleanup.users(user or (), everybody=all_users)
    except cleanup.UserError as failure:
        usage(str(failure))
    found = cleanup.find(of_user(), working_directory(), uids)
    if not json:
        leftovers.show_found(found, console_of())
    result = cleanup.remove(found) if found.leftovers and _agreed(yes, json) else ()
    if json:
        print_json(leftovers.as_json(found, result))
    elif result:
        leftovers.show_result(result, console_of())
    elif found.leftovers:
        say("Nothing was removed.")
    raise typer.Exit(int(any(one.problem for one in result)))


def _agreed(yes: bool, json: bool) -> bool:
    return yes or (not json and _confirmed("Remove them?"))


def _confirmed(question: str) -> bool:
    if not sys.stdin or not sys.stdin.isatty():
        say(f"{question} There is nobody to ask; --yes says yes.")
        return False
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
