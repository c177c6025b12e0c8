"""The program: its commands, and how it ends.

Exit codes: 0 no error finding; 1 at least one (with --strict: or a warning); 2 wrong usage; 3
tritondoctor itself failed; 130, 143 and 129 it was interrupted.
"""

import os
import sys
from typing import Annotated, Any, NoReturn, Optional

import typer

from tritondoctor.commands import (
    advise,
    arguments,
    attach,
    check,
    clean,
    completion,
    demo,
    explain,
    fix,
    fleet,
    init,
    install,
    language,
    libs,
    lock,
    mcp,
    report,
    selftest,
    snapshot,
    tune,
    undo,
    usage,
)
from tritondoctor.commands.common import complain, print_text
from tritondoctor.privacy import outlet
from tritondoctor.support import invocation
from tritondoctor.support.errors import DoctorError
from tritondoctor.support.invocation import NAME
from tritondoctor.support.messages import _, shown

#: click's ClickException, which newer releases of typer carry themselves
_ClickError: type[Exception] = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name=NAME,
    help="Environment doctor for NVIDIA PyTriton: predicts whether it will start here and, if not, why.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
# in the order of the help
for command in (
    check.check, fix.fix, undo.undo, selftest.selftest, tune.tune, attach.attach, install.install,
    advise.advise, install.download, lock.lock, init.init, libs.libs, explain.explain, clean.clean,
    snapshot.snapshot, snapshot.diff, report.report, demo.demo, mcp.mcp, completion.completion,
):  # fmt: skip
    app.command()(command)
app.add_typer(fleet.app, name="fleet")


def _print_version(value: bool) -> None:
    if value:
        from tritondoctor import __version__

        print_text(f"tritondoctor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
    lang: Annotated[
        Optional[str],
        typer.Option("--lang", metavar="LANGUAGE", help="The language of what is shown: en, zh_CN."),
    ] = None,  # language.choose has read it: it may stand behind the command as well
) -> None:
    pass


def main() -> NoReturn:
    """Run the program; raises SystemExit with its exit code, or what made it fail (support/ending.py)."""
    outlet.install()
    try:
        invocation.started(os.environ)
        given = language.choose(sys.argv[1:])
        command = _command()
        variable = completion.register(given)
        words = arguments.understood(given, command.commands)
        code = command(words, prog_name=NAME, complete_var=variable, standalone_mode=False)
    except typer.Abort:
        raise SystemExit(1) from None
    except DoctorError as failure:
        complain(shown(str(failure)))
        raise SystemExit(failure.exit_code) from failure
    except _ClickError as mistake:
        _report_usage(mistake)
        raise SystemExit(2) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _command() -> Any:
    """The program with what every command has: short options, examples, the user's language."""
    from tritondoctor.commands import help

    command = typer.main.get_command(app)
    help.prepare(command)
    return _prepared(command)


def _prepared(command: Any) -> Any:
    """The command with its help in the user's language, and in colours: it holds our own words only."""
    format_plain = command.format_help

    def format_help(context: Any, *arguments: Any) -> None:
        usage.translate(command, context)
        with outlet.own_words():
            format_plain(context, *arguments)

    command.format_help = format_help
    usage.refuse_empty_values(command)
    for subcommand in getattr(command, "commands", {}).values():
        _prepared(subcommand)
    return command


def _report_usage(mistake: Any) -> None:
    """Print wrong usage in one line, and where the options are listed."""
    context = getattr(mistake, "ctx", None)
    if type(mistake).__name__ == "NoArgsIsHelpError":
        return  # the help has been printed
    more = _(" See `{command} --help`.", command=context.command_path) if context else ""
    complain(f"{usage.words_of(mistake)}{more}")
