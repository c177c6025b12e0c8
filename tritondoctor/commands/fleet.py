"""`tritondoctor fleet`: a group of commands whose default one reads reports."""

import functools
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tritondoctor.commands import fleet_hosts

DEFAULT = "reports"


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
) -> None:
    """Read the reports of many hosts: groups by cause, the odd ones out, and who did not answer."""
    raise NotImplementedError
