"""`tritondoctor init`."""

from typing import Annotated

import typer

from tritondoctor.commands.common import fail, say


def init(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the two files go.")] = ".",
) -> None:
    """Write the Linear server and client of the quick start, with comments, to start from."""
    from tritondoctor.installing import InstallError, starter

    try:
        written = starter.write(folder)
    except InstallError as failure:
        fail(str(failure))
    say("\n".join(f"wrote {path}" for path in written))
