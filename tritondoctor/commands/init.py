"""`tritondoctor init`."""

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.choices import CiSystem, FrameworkChoice
from tritondoctor.commands.common import say
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _

if TYPE_CHECKING:
    from tritondoctor.installing.starter import Kind


def init(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the files go.")] = ".",
    streaming: Annotated[
        bool, typer.Option("--streaming", help="A model whose answer comes in parts.")
    ] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Two models that Triton connects.")
    ] = False,
    llama: Annotated[bool, typer.Option("--llama", help="A language model that streams text.")] = False,
    framework: Annotated[
        Optional[FrameworkChoice], typer.Option("--framework", help="Linear with a framework.")
    ] = None,
    ci: Annotated[
        Optional[CiSystem], typer.Option("--ci", help="Write the step that checks first in CI, instead.")
    ] = None,
) -> None:
    """Write a server and its client to start from: by default Linear of the quick start."""
    if ci is not None:
        from tritondoctor.installing import ci_files

        say(_("wrote {path}", path=ci_files.write(folder, ci.value)))
        return
    from tritondoctor.installing import starter

    kind = _kind(streaming=streaming, ensemble=ensemble, llama=llama, framework=framework is not None)
    if framework is FrameworkChoice.AUTO:
        names = ", ".join(starter.FRAMEWORKS)
        raise UsageError(_("Name the framework: {names}.", names=names))
    paths = starter.write(folder, kind, framework.value if framework else "numpy")
    say("\n".join(_("wrote {path}", path=path) for path in paths))


def _kind(*, streaming: bool, ensemble: bool, llama: bool, framework: bool) -> "Kind":
    """The kind that was chosen.  Raises UsageError for several."""
    chosen: dict[Kind, bool] = {
        "streaming": streaming, "ensemble": ensemble, "llama": llama, "framework": framework,
    }  # fmt: skip
    kinds: list[Kind] = [kind for kind, wanted in chosen.items() if wanted]
    if len(kinds) > 1:
        options = ", ".join(f"--{kind}" for kind in kinds)
        raise UsageError(_("Give one of these options only: {options}.", options=options))
    return kinds[0] if kinds else "linear"
