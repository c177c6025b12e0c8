"""`tritondoctor libs`."""

import os
from typing import Annotated

import typer

from tritondoctor.commands.common import Json, console_of, print_json, say, usage, working_directory
from tritondoctor.support.variables import of_user


def libs(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs or libraries.")],
    json: Json = False,
) -> None:
    """Show what the dynamic loader would load, by which rule, or where it looked in vain.

    The variables and the working directory of this process count. Exit code 1 where one would not load.
    """
    from tritondoctor import loader
    from tritondoctor.reports import linkmap

    cwd, view = working_directory(), loader.Files()
    for path in files:
        if not os.path.lexists(os.path.join(cwd, path)):
            usage(f"{path}: no such file. Give the path of a program or library.")
    programs = [
        (os.path.join(cwd, path), loader.start(os.path.join(cwd, path), of_user(), cwd, view))
        for path in files
    ]
    if json:
        print_json(linkmap.programs_json(programs))
    else:
        width = console_of().width
        for _, process in programs:
            say(linkmap.tree_text(process, width))
    raise typer.Exit(int(any(not process.loads for _, process in programs)))
