"""The program: its commands, and how it ends.

Exit codes: 0 no error finding; 1 at least one (with --strict: or a warning); 2 wrong usage; 3 the
doctor itself failed; 130, 143 and 129 it was interrupted.
"""

from typing import Annotated, Any, NoReturn

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
from tritondoctor.commands.common import complain, say
from tritondoctor.privacy import outlet

#: click's ClickException, which newer releases of typer carry themselves
_USAGE: type[Exception] = typer.BadParameter.__mro__[2]

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
    outlet.install()
    try:
        code = _styled(typer.main.get_command(app))(standalone_mode=False)
    except typer.Abort:
        raise SystemExit(1) from None
    except _USAGE as mistake:
        _tell_usage(mistake)
        raise SystemExit(2) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _styled(command: Any) -> Any:
    """The command with its help in colours: it holds the doctor's own words only."""
    plain = command.format_help

    def format_help(*arguments: Any) -> None:
        with outlet.own_words():
            plain(*arguments)

    command.format_help = format_help
    for below in getattr(command, "commands", {}).values():
        _styled(below)
    return command


def _tell_usage(mistake: Any) -> None:
    """Wrong usage in one line, and where the options are listed."""
    context = getattr(mistake, "ctx", None)
    if type(mistake).__name__ == "NoArgsIsHelpError":
        return  # the help has been printed
    more = f" See `{context.command_path} --help`." if context else ""
    complain(f"{mistake.format_message()}{more}")
