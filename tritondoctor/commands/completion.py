"""`tritondoctor completion`."""

import os
from typing import Annotated

import typer

from tritondoctor.commands.choices import ShellName
from tritondoctor.commands.common import say
from tritondoctor.support.invocation import NAME

#: the variable by which a shell asks for the words that fit (typer's completion)
_ASKED = "_TRITONDOCTOR_COMPLETE"


def completion(
    shell: Annotated[ShellName, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print what makes a shell complete commands and options; no file of yours is changed."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    say(get_completion_script(prog_name=NAME, complete_var=_ASKED, shell=shell.value))


def register() -> None:
    """Answer a shell that asks for the words that fit."""
    if _ASKED in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
