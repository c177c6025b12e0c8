"""`tritondoctor install` and `tritondoctor download`."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.common import TrustOwner, conclude, console_of, say, working_directory
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.signals import Interrupted
from tritondoctor.support.variables import of_user

if TYPE_CHECKING:
    from tritondoctor.installing.recipe import Recipe

AllowLocal = Annotated[
    bool,
    typer.Option("--allow-local", help="Take archives that the lock names as local files."),
]


def install(
    recipe: Annotated[
        Optional[str],
        typer.Argument(
            metavar="RECIPE", help="A recipe or family, or a folder; without one, all are listed."
        ),
    ] = None,
    prefix: Annotated[
        Optional[str],
        typer.Option("--prefix", metavar="DIR", help="The new folder; default: ./RECIPE-env."),
    ] = None,
    name: Annotated[
        Optional[str], typer.Option("--name", metavar="N", help="Create a named conda environment.")
    ] = None,
    venv: Annotated[
        bool, typer.Option("--venv", help="Create a venv of a Python on this machine.")
    ] = False,
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Solve with these channels, not from the lock."),
    ] = None,
    offline: Annotated[
        Optional[str],
        typer.Option("--offline", metavar="DIR", help="Install from a folder filled by `download`."),
    ] = None,
    allow_local: AllowLocal = False,
    trust_owner: TrustOwner = False,
) -> None:
    """Create an environment from a recipe, and verify it by serving the Linear example."""
    gc.enable()
    from tritondoctor.commands.install_dialog import InstallDialog
    from tritondoctor.installing import install as installing
    from tritondoctor.installing import recipe as recipes
    from tritondoctor.reports import install as install_report

    if recipe is None:
        install_report.show_recipes(recipes.every(), console_of())
        conclude((each.name, "") for each in recipes.every())
        return
    if prefix and name:
        raise UsageError(_("Give --prefix or --name, not both."))
    if name is not None and (os.sep in name or name in (".", "..")):
        raise UsageError(_("--name {name}: give a name; --prefix takes a folder.", name=name))
    if venv and (name or channel):
        raise UsageError(_("--name and --channel are for conda environments, not for --venv."))
    if offline and channel:
        raise UsageError(_("Give --offline or --channel, not both."))
    cwd, console = working_directory(), console_of()
    folder = os.path.join(cwd, os.path.expanduser(offline)) if offline else None
    if folder is not None and not os.path.isdir(folder):
        raise UsageError(
            _("--offline {path}: no such folder. `tritondoctor download` fills one.", path=offline)
        )
    request = installing.InstallRequest(
        recipe, prefix, name, "venv" if venv else "conda" if name or channel else None,
        tuple(channel or ()), folder, allow_local, trust_owner,
    )  # fmt: skip
    try:
        with _resumable(), InstallDialog(console) as dialog:
            result = installing.run(request, of_user(), cwd, dialog)
    except installing.UnfitError as failure:
        install_report.show_unfit(failure, console_of(asks=True))
        raise typer.Exit(1) from failure
    install_report.show(result, console_of(asks=bool(result.exit_code)))
    if not result.exit_code:
        conclude([install_report.verdict(result)])
    raise typer.Exit(result.exit_code)


def download(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a folder.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder to fill.")],
    venv: Annotated[bool, typer.Option("--venv", help="Download the wheels only.")] = False,
    allow_local: AllowLocal = False,
) -> None:
    """Download everything a recipe needs, for `install --offline` where there is no network."""
    gc.enable()
    from tritondoctor.commands.install_dialog import InstallDialog
    from tritondoctor.installing import download as downloading

    path = os.path.join(working_directory(), os.path.expanduser(folder))
    chosen = single_recipe(recipe)
    with _resumable(), InstallDialog(console_of()) as dialog:
        downloading.run(chosen, path, of_user(), dialog, conda=not venv, local=allow_local)
    kind = " --venv" if venv else ""
    command = f"tritondoctor install {quote(recipe)}{kind} --offline {quote(folder)}"
    say(_("On the other machine: {command}", command=command))


def single_recipe(name: str) -> "Recipe":
    """Return the recipe of a name.  Raises UsageError for the name of a family."""
    from tritondoctor.installing import recipe as recipes

    family = recipes.named(name)
    if len(family) > 1:
        raise UsageError(
            _(
                "{name} has several versions; choose one: {versions}",
                name=name,
                versions=", ".join(recipe.name for recipe in family),
            )
        )
    return family[0]


@contextmanager
def _resumable() -> Iterator[None]:
    """Tell whoever interrupts it that nothing is lost."""
    try:
        yield
    except Interrupted:
        sys.stderr.write(f"\n{_('tritondoctor: run the same command again to continue.')}\n")
        raise
