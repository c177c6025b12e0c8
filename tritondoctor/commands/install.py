"""`tritondoctor install` and `tritondoctor download`."""

import gc
import os
import sys
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import console_of, fail, say, usage, working_directory
from tritondoctor.support.signals import Interrupted
from tritondoctor.support.variables import of_user

AllowLocal = Annotated[
    bool,
    typer.Option("--allow-local", help="Take archives that the lock names as files here."),
]


def install(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe's or family's name, or a folder.")
    ],
    prefix: Annotated[
        Optional[str], typer.Option("--prefix", metavar="DIR", help="Where it goes; else ./RECIPE-env.")
    ] = None,
    name: Annotated[
        Optional[str], typer.Option("--name", metavar="N", help="As a named conda environment.")
    ] = None,
    venv: Annotated[bool, typer.Option("--venv", help="A venv of a Python that is here.")] = False,
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Solve for these channels, not from the lock."),
    ] = None,
    offline: Annotated[
        Optional[str], typer.Option("--offline", metavar="DIR", help="From what `download` put there.")
    ] = None,
    allow_local: AllowLocal = False,
) -> None:
    """Make a new environment from a recipe, from nothing to a Linear that was seen to serve."""
    gc.enable()
    from tritondoctor.installing import InstallError
    from tritondoctor.installing import install as installing
    from tritondoctor.reports import install as told

    if prefix and name:
        usage("Give --prefix or --name, not both.")
    if venv and (name or channel):
        usage("--name and --channel are for conda environments, not for --venv.")
    if offline and channel:
        usage("Give --offline or --channel, not both.")
    cwd, console = working_directory(), console_of()
    folder = os.path.join(cwd, os.path.expanduser(offline)) if offline else None
    request = installing.InstallRequest(
        recipe, prefix, name, "venv" if venv else "conda" if name or channel else None,
        tuple(channel or ()), folder, allow_local,
    )  # fmt: skip
    try:
        with told.InstallDialog(console) as talk:
            result = installing.run(request, of_user(), cwd, talk)
    except installing.UnfitError as failure:
        say("\n".join(line for line, _ in told.unfit_lines(failure, min(console.width, 100))))
        raise typer.Exit(1) from failure
    except InstallError as failure:
        fail(str(failure))
    except Interrupted:
        sys.stderr.write("\ntritondoctor: the same command goes on from here.\n")
        raise
    told.show(result, console)
    raise typer.Exit(result.exit_code)


def download(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a folder.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder to fill.")],
    venv: Annotated[bool, typer.Option("--venv", help="The wheels only.")] = False,
    allow_local: AllowLocal = False,
) -> None:
    """Fill a folder with everything of a recipe, for `install --offline` where there is no network."""
    gc.enable()
    from tritondoctor.installing import InstallError
    from tritondoctor.installing import download as downloading
    from tritondoctor.installing import recipe as recipes
    from tritondoctor.reports import install as told

    path = os.path.join(working_directory(), os.path.expanduser(folder))
    try:
        found = recipes.named(recipe)
        if len(found) > 1:
            usage(f"{recipe} is a family; name one of it: {', '.join(one.name for one in found)}")
        with told.InstallDialog(console_of()) as talk:
            downloading.run(found[0], path, of_user(), talk, conda=not venv, local=allow_local)
    except InstallError as failure:
        fail(str(failure))
    except Interrupted:
        sys.stderr.write("\ntritondoctor: the same command goes on from here.\n")
        raise
    how = " --venv" if venv else ""
    say(f"There: tritondoctor install {recipe}{how} --offline {folder}")
