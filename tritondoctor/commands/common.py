"""What the commands share: the options that name a target, and ways to print."""

# No `from __future__ import annotations` in these files: on Python 3.9 typer would not see what
# Annotated holds.
from typing import Annotated, Optional

import typer

from tritondoctor.commands.basics import (
    complain,
    conclude,
    console_of,
    print_json,
    print_text,
    require_seconds,
    say,
    target_of,
    working_directory,
)

__all__ = [
    "CondaEnv", "Json", "Path", "Pid", "Prefix", "Python", "ShowPaths", "Timeout", "TrustOwner",
    "complain", "conclude", "console_of", "print_json", "print_text", "require_seconds", "say",
    "target_of", "working_directory",
]  # fmt: skip

Python = Annotated[
    Optional[str], typer.Option("--python", metavar="PATH", help="The interpreter to examine.")
]
Prefix = Annotated[
    Optional[str], typer.Option("--prefix", metavar="DIR", help="The environment's folder.")
]
CondaEnv = Annotated[
    Optional[str], typer.Option("--conda-env", metavar="NAME", help="A conda environment's name.")
]
Pid = Annotated[
    Optional[int], typer.Option("--pid", metavar="N", help="The environment of a process that runs.")
]
Path = Annotated[
    Optional[str],
    typer.Argument(
        metavar="[PATH]", show_default=False,
        help="An environment, a project's folder, an interpreter, or a script.",
    ),
]  # fmt: skip
Timeout = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", help="How long the interpreter may take to answer."),
]
TrustOwner = Annotated[
    bool,
    typer.Option("--trust-owner", help="As root: run other users' files as root too."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ShowPaths = Annotated[
    bool, typer.Option("--show-paths", help="Keep the home folder and the user name in paths.")
]
