"""`tritondoctor completion`."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from tritondoctor.commands.choices import ShellName
from tritondoctor.commands.common import print_text
from tritondoctor.support.invocation import NAME

#: the variable by which a shell asks for the words that fit (typer's completion)
_ASKED = "_TRITONDOCTOR_COMPLETE"


def completion(
    shell: Annotated[ShellName, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print what makes a shell complete commands and options; no file of yours is changed."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    print_text(get_completion_script(prog_name=NAME, complete_var=_ASKED, shell=shell.value))


def register(words: Sequence[str]) -> str:
    """Prepares the answer to a shell that asks for words that fit; the name of its variable, or "".

    A shell gives no words of its own; set beside a command, the variable changes nothing.
    """
    if words or not os.environ.get(_ASKED, "").startswith("complete_"):
        return ""
    from typer.completion import completion_init  # type: ignore[attr-defined]

    completion_init()
    return _ASKED
