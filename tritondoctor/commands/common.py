"""What the commands share: the options that name a target, and ways to print and to end."""

# No `from __future__ import annotations` in these files: on Python 3.9 typer would not see what
# Annotated holds.
import os
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn, Optional

import typer

from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S

if TYPE_CHECKING:
    from rich.console import Console

    from tritondoctor.target import Target

Python = Annotated[
    Optional[str], typer.Option("--python", metavar="PATH", help="The interpreter to examine.")
]
Prefix = Annotated[
    Optional[str], typer.Option("--prefix", metavar="DIR", help="The environment's folder.")
]
CondaEnv = Annotated[
    Optional[str], typer.Option("--conda-env", metavar="NAME", help="A conda environment's name.")
]
Timeout = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", help="How long the interpreter may take to answer."),
]
TrustOwner = Annotated[
    bool,
    typer.Option("--trust-owner", help="As root: run what belongs to another user as root too."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ShowPaths = Annotated[
    bool, typer.Option("--show-paths", help="Keep the home folder and the user's name in paths.")
]


def target_of(
    python: Optional[str],
    prefix: Optional[str],
    conda_env: Optional[str],
    *,
    timeout: float = DEADLINE_S,
    trust_owner: bool = False,
    acting: bool = False,
) -> "Target":
    """The target that the options name; wrong usage where they name none.

    Where root names one that belongs to another user, it is asked as that user; with `acting` this
    process becomes that user for good.
    """
    from tritondoctor import target

    if not 0 < timeout < 86400:
        usage(f"--timeout {timeout:g}: it is a number of seconds above 0.")
    try:
        found = target.find_target(
            of_user(), working_directory(), python=python, prefix=prefix, conda_env=conda_env,
            deadline_s=timeout,
        )  # fmt: skip
    except target.TargetError as failure:
        usage(str(failure))
    if trust_owner or os.geteuid() != 0:
        return found
    from tritondoctor.commands.owner import as_owner

    return as_owner(found, acting=acting)


def working_directory() -> str:
    """Where the command was typed; wrong usage where it is gone."""
    try:
        return os.getcwd()
    except OSError:
        usage("The working directory does not exist any more. Change to another one.")


def console_of(*, stderr: bool = False) -> "Console":
    """A console that takes every text as it is and shows it as it may be shown."""
    from tritondoctor.privacy.console import SafeConsole

    return SafeConsole(stderr=stderr)


def say(text: str) -> None:
    """Prints text."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def print_json(data: object) -> None:
    """Prints one JSON object."""
    import msgspec

    from tritondoctor.examination import masks
    from tritondoctor.privacy.outlet import put
    from tritondoctor.reports.json import text_of

    put(text_of(masks.json_without_secrets(msgspec.to_builtins(data, str_keys=True))) + "\n")


def complain(message: str) -> None:
    """Tells an error; what it quotes can begin no line of its own."""
    sys.stderr.write("tritondoctor: " + message.replace("\n", "\n    ") + "\n")


def fail(message: str) -> NoReturn:
    """Ends with exit code 1."""
    complain(message)
    raise typer.Exit(1)


def usage(message: str) -> NoReturn:
    """Ends with exit code 2: wrong usage."""
    complain(message)
    raise typer.Exit(2)
