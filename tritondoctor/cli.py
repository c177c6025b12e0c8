"""The program: its commands, and how it ends.

Exit codes: 0 no error finding; 1 at least one (with --strict: or a warning); 2 wrong usage; 3 the
doctor itself failed; 130, 143 and 129 it was interrupted.
"""

from typing import Annotated, NoReturn

import typer

from tritondoctor.commands import (
    advise,
    check,
    clean,
    explain,
    fix,
    fleet,
    init,
    install,
    libs,
    lock,
    selftest,
    snapshot,
)
from tritondoctor.commands.common import say

app = typer.Typer(
    name="tritondoctor",
    help="The environment doctor for NVIDIA PyTriton: says whether it will start here, and if not, why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# in the order of the help
for command in (
    check.check, fix.fix, fix.undo, selftest.selftest, install.install, advise.advise, install.download,
    lock.lock, init.init, libs.libs, explain.explain, clean.clean,
    snapshot.snapshot, snapshot.diff,
):  # fmt: skip
    app.command()(command)
app.add_typer(fleet.app, name="fleet")


def _version(value: bool) -> None:
    if value:
        from tritondoctor import __version__

        say(f"tritondoctor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """The program; raises SystemExit with its exit code, or what made it fail (support/ending.py)."""
    app(standalone_mode=True)
    raise SystemExit(0)
