"""`tritondoctor fleet`: the group of its commands."""

import typer

from tritondoctor.commands import fleet_hosts, fleet_report

app = typer.Typer(
    no_args_is_help=True,
    help="Check and repair many hosts: failures by cause, outliers, hosts that did not answer.",
)
for command in (fleet_report.report, fleet_hosts.run, fleet_hosts.fix, fleet_hosts.undo):
    app.command()(command)
