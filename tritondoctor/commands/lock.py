"""`tritondoctor lock`."""

import gc
import os
from shlex import quote
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import console_of, say, working_directory
from tritondoctor.support.errors import DoctorError
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user


def lock(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a folder.")],
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Instead of the channels in environment.yml."),
    ] = None,
) -> None:
    """Recreate a recipe's locks, and show what changed.

    A recipe that ships with tritondoctor is first copied into a folder of its name here.
    """
    gc.enable()
    from tritondoctor.commands.install import single_recipe
    from tritondoctor.commands.install_dialog import InstallDialog
    from tritondoctor.installing import recipe as recipes
    from tritondoctor.installing import relock

    chosen = single_recipe(recipe)
    try:
        if os.sep not in recipe:
            chosen = recipes.copied(chosen, os.path.join(working_directory(), chosen.name))
        with InstallDialog(console_of()) as dialog:
            result = relock.relock(chosen, of_user(), channel or (), dialog.say)
    except OSError as failure:
        raise DoctorError(f"{failure.filename or chosen.folder}: {failure.strerror}") from None
    folder = os.path.join(".", os.path.relpath(chosen.folder))
    install = _("To install it: {command}", command=typed(f"tritondoctor install {quote(folder)}"))
    say("\n".join([*relock.lines(chosen, result), install]))
