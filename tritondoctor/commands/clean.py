"""`tritondoctor clean`."""

import sys
from typing import Annotated

import typer

from tritondoctor.commands.common import Json, console_of, print_json, say, working_directory
from tritondoctor.support.variables import of_user


def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Remove them without asking.")] = False,
    json: Json = False,
) -> None:
    """Show what dead PyTriton processes have left on this machine, and remove it.

    Nothing that a living process uses is touched. With --json nothing is removed unless --yes is given.
    """
    from tritondoctor import cleaning
    from tritondoctor.reports import cleaned

    found = cleaning.find(of_user(), working_directory())
    if not json:
        cleaned.show_found(found, console_of())
    asked = found and not yes and not json
    if found and (yes or (asked and _agreed("Remove them?"))):
        result = cleaning.remove(found)
        if json:
            print_json(cleaned.as_json(found, result))
        else:
            cleaned.show_result(result, console_of())
        raise typer.Exit(int(any(one.problem for one in result)))
    if json:
        print_json(cleaned.as_json(found, ()))
    elif found:
        say("Nothing was removed.")


def _agreed(question: str) -> bool:
    if not sys.stdin or not sys.stdin.isatty():
        say(f"{question} There is nobody to ask; --yes says yes.")
        return False
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
