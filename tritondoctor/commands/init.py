"""`tritondoctor init`."""

from typing import Annotated

import typer

from tritondoctor.commands.common import say
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _


def init(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the files go.")] = ".",
    streaming: Annotated[
        bool, typer.Option("--streaming", help="A model whose answer comes in parts.")
    ] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Two models that Triton connects.")
    ] = False,
) -> None:
    """Write a server and its client to start from: by default Linear of the quick start."""
    from tritondoctor.installing import starter

    chosen: list[starter.Kind] = []
    if streaming:
        chosen.append("streaming")
    if ensemble:
        chosen.append("ensemble")
    if len(chosen) > 1:
        raise UsageError(_("Give one of --streaming and --ensemble, not both."))
    paths = starter.write(folder, chosen[0] if chosen else "linear")
    say("\n".join(_("wrote {path}", path=path) for path in paths))
