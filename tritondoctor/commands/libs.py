"""`tritondoctor libs`."""

import os
from typing import Annotated

import typer

from tritondoctor.commands.common import Json, console_of, print_json, say, working_directory
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user


def libs(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs or libraries.")],
    json: Json = False,
) -> None:
    """Show which libraries the dynamic loader would load and by which rule, and which are not found.

    It uses the variables and the working directory of this shell. Exit code 1 where one does not load.
    """
    from tritondoctor import loader
    from tritondoctor.reports import linkmap

    cwd, view = working_directory(), loader.Files()
    for file in files:
        if not os.path.lexists(os.path.join(cwd, file)):
            raise UsageError(_("{file}: no such file. Give the path of a program or library.", file=file))
    paths = [os.path.join(cwd, file) for file in files]
    programs = [(path, loader.start(path, of_user(), cwd, view)) for path in paths]
    if json:
        print_json(linkmap.programs_json(programs))
    else:
        width = console_of().width
        for _path, process in programs:
            say(linkmap.tree_text(process, width))
    raise typer.Exit(int(any(not process.loads for _path, process in programs)))
