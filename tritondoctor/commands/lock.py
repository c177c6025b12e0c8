"""`tritondoctor lock`."""

import gc
import os
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import console_of, fail, say, usage, working_directory
from tritondoctor.support.variables import of_user


def lock(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a folder.")],
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Instead of those in environment.yml."),
    ] = None,
) -> None:
    """Make a recipe's locks anew, and show what changed.

    A recipe that came with the doctor is copied into a folder of its name here first.
    """
    gc.enable()
    from tritondoctor.installing import InstallError, relock
    from tritondoctor.installing import recipe as recipes
    from tritondoctor.reports import install as told

    try:
        found = recipes.named(recipe)
        if len(found) > 1:
            usage(f"{recipe} is a family; name one of it: {', '.join(one.name for one in found)}")
        one = found[0]
        if os.sep not in recipe:
            one = recipes.copied(one, os.path.join(working_directory(), one.name))
        with told.InstallDialog(console_of()) as talk:
            result = relock.relock(one, of_user(), channel or (), talk.say)
    except InstallError as failure:
        fail(str(failure))
    except OSError as failure:
        fail(f"{failure.filename}: {failure.strerror}")
    there = os.path.join(".", os.path.relpath(one.folder))
    say("\n".join([*relock.lines(one, result), f"There: tritondoctor install {there}"]))
