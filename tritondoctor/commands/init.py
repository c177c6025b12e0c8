"""`tritondoctor init`."""

from typing import Annotated

import typer

from tritondoctor.commands.common import say
from tritondoctor.support.messages import _


def init(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the two files go.")] = ".",
) -> None:
    """Write the Linear server and client of the quick start, with comments, to start from."""
    from tritondoctor.installing import starter

    say("\n".join(_("wrote {path}", path=path) for path in starter.write(folder)))
