"""`tritondoctor init`."""

from typing import Annotated, Optional

import typer

from tritondoctor.commands.choices import CiSystem
from tritondoctor.commands.common import say
from tritondoctor.support.messages import _


def init(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the two files go.")] = ".",
    ci: Annotated[
        Optional[CiSystem], typer.Option("--ci", help="Write the step that checks first in CI, instead.")
    ] = None,
) -> None:
    """Write the Linear server and client of the quick start, with comments, to start from."""
    if ci is not None:
        from tritondoctor.installing import ci_files

        say(_("wrote {path}", path=ci_files.write(folder, ci.value)))
        return
    from tritondoctor.installing import starter

    say("\n".join(_("wrote {path}", path=path) for path in starter.write(folder)))
