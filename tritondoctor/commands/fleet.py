"""`tritondoctor fleet`: a group of commands whose default one reads reports."""

import functools
import gc
import re
import time
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from tritondoctor.commands import fleet_hosts
from tritondoctor.commands.common import Json, console_of, usage

if TYPE_CHECKING:
    from tritondoctor.fleet.model import FleetSummary as Found

DEFAULT = "reports"
FORMATS = ("console", "json", "junit", "html")


@functools.cache
def _commands() -> dict[str, Any]:
    """Name -> command; made where a command of the fleet is asked for, and not before."""
    group = typer.Typer(no_args_is_help=True)
    group.command(DEFAULT)(reports)
    for command in (fleet_hosts.run, fleet_hosts.fix, fleet_hosts.undo):
        group.command()(command)
    made: Any = typer.main.get_group(group)
    return dict(made.commands)


class Fleet(TyperGroup):
    """What names none of its commands are reports (a file of such a name: ./run)."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the help."""
        return list(_commands())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name."""
        return _commands().get(cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the default command where none is named."""
        if args and args[0] != "--help" and args[0] not in _commands():
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Fleet,
    no_args_is_help=True,
    help="Say which of many hosts are ill and of what, and which differ from the rest.\n\n"
    "`fleet REPORTS...` is `fleet reports REPORTS...`.",
)


def reports(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORTS",
            help="Reports, snapshots, JSON lines, folders of such; - is standard input.",
        ),
    ],
    role_from: Annotated[
        Optional[str],
        typer.Option(
            "--role-from",
            metavar="PATTERN",
            help="What a host's name says of its role: the first group of this regular expression, or "
            "all that it matches. Hosts of one role ought to be alike.",
        ),
    ] = None,
    json: Json = False,
    format: Annotated[
        Optional[list[str]],
        typer.Option(
            "--format", metavar="FORMAT", help=f"{', '.join(FORMATS)}; may be given several times."
        ),
    ] = None,
    output: Annotated[
        Optional[list[str]],
        typer.Option(
            "--output", metavar="FILE", help="Write the first --format to the first --output, and so on."
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Read the reports of many hosts: groups by cause, the odd ones out, and who did not answer."""
    began = time.monotonic()
    gc.enable()
    from tritondoctor.commands import check_report
    from tritondoctor.fleet.gather import gather
    from tritondoctor.fleet.reading import ReadingError, pieces
    from tritondoctor.reports import fleet_console

    try:
        wanted = check_report.outputs(
            ["json"] if json else format or [], output or [], json and bool(format), FORMATS
        )
        gathering = gather(pieces(paths), _pattern(role_from))
        found = gathering.fleet(time.monotonic() - began)
        if not found.hosts:
            first = found.unread[0]
            usage(f"No report could be read. {first.source}: {first.why}.")
        check_report.put(
            wanted,
            lambda name: render(name, found),
            lambda: fleet_console.show(found, console_of()),
        )
    except (check_report.UsageError, ReadingError) as mistake:
        usage(str(mistake))
    raise typer.Exit(found.exit_code(strict=strict))


def _pattern(text: Optional[str]) -> Optional["re.Pattern[str]"]:
    try:
        return None if text is None else re.compile(text)
    except re.error as failure:
        usage(f"--role-from {text}: no regular expression: {failure}.")


def render(name: str, found: "Found") -> str:
    """The fleet in a format, ending in a line break."""
    text: str = import_module(f"tritondoctor.reports.fleet_{name}").render(found)
    return text.rstrip("\n") + "\n"
