"""`tritondoctor fleet report`."""

import gc
import re
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.choices import FleetFormat
from tritondoctor.commands.common import Json, conclude, console_of
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _

if TYPE_CHECKING:
    from tritondoctor.commands.output import Output
    from tritondoctor.fleet.model import FleetSummary


def report(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORTS",
            help="Reports, snapshots, JSON lines, or folders of them; - is standard input.",
        ),
    ],
    role_from: Annotated[
        Optional[str],
        typer.Option(
            "--role-from",
            metavar="PATTERN",
            help="A regular expression; its first group, or else its whole match, in a host's name is "
            "the host's role. Hosts are compared with others of the same role.",
        ),
    ] = None,
    json: Json = False,
    format: Annotated[
        Optional[list[FleetFormat]],
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(format.value for format in FleetFormat)}; may be repeated.",
        ),
    ] = None,
    output: Annotated[
        Optional[list[str]],
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the first --format to the first --output, and so on.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
) -> None:
    """Summarize reports of many hosts: failures by cause, outliers, hosts that did not answer."""
    from tritondoctor.commands.output import outputs

    gc.enable()
    wanted = outputs(format, output, json=json)
    from tritondoctor.fleet.summary import summarize

    summary = summarize(paths, _pattern(role_from))
    show(summary, wanted)
    raise typer.Exit(summary.exit_code(strict=strict))


def show(summary: "FleetSummary", wanted: "list[Output]") -> None:
    """Print and write a summary in the formats that are wanted."""
    from tritondoctor.commands.output import write
    from tritondoctor.reports.formats import render_fleet

    write(
        wanted,
        lambda name: render_fleet(name, summary),
        lambda: _show(summary),
    )


def _show(summary: "FleetSummary") -> None:
    from tritondoctor.reports import fleet_console

    fleet_console.show(summary, console_of())
    conclude(fleet_console.conclusion(summary))


def _pattern(text: Optional[str]) -> Optional["re.Pattern[str]"]:
    try:
        return None if text is None else re.compile(text)
    except re.error as failure:
        raise UsageError(
            _("--role-from {text}: no regular expression: {reason}.", text=text, reason=failure)
        ) from None
