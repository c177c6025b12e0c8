"""The program: its commands, and how it ends.

Exit codes: 0 no error finding; 1 at least one (with --strict: or a warning); 2 wrong usage; 3 the
doctor itself failed.
"""

import os
import sys
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
_USAGE: Any = typer.BadParameter.__mro__[2]

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
    """The program; a failure of its own is told in one line and with exit code 3."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w")  # noqa: SIM115 (closed by our caller)
        # paths may hold bytes that are no text of this locale
        stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)
    outlet.install()
    try:
        code = _styled(typer.main.get_command(app))(standalone_mode=False)
    except typer.Abort:
        sys.exit(1)
    except _USAGE as mistake:
        _tell_usage(mistake)
        sys.exit(2)
    except BrokenPipeError:
        # the reader went away: no message, and no second failure when Python closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except SystemExit:
        _flush()
        raise
    except Exception as failure:
        if os.environ.get("TRITONDOCTOR_DEBUG"):
            raise
        sys.stderr.write(
            f"tritondoctor: it failed itself: {type(failure).__name__}: {failure}. Please report it "
            "with what TRITONDOCTOR_DEBUG=1 prints.\n"
        )
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)


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


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
