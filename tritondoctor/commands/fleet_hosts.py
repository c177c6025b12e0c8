"""`tritondoctor fleet run`, `fleet fix` and `fleet undo`: hosts of an Ansible inventory."""

import glob
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands import fleet_report
from tritondoctor.commands.choices import GpuPolicy
from tritondoctor.commands.common import Json, console_of, print_json, say
from tritondoctor.support import signals
from tritondoctor.support.errors import UsageError
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _, plural
from tritondoctor.support.ownership import not_ours

if TYPE_CHECKING:
    from rich.console import Console

    from tritondoctor.fleet.plans import PlanGroup
    from tritondoctor.fleet.rollout import Rollout

_RUNS, _FIXES = "tritondoctor-fleet-", "tritondoctor-fleet-fix-"

Inventory = Annotated[
    list[str],
    typer.Option("-i", "--inventory", metavar="INVENTORY", help="An Ansible inventory; may be repeated."),
]
Limit = Annotated[str, typer.Option("--limit", metavar="PATTERN", help="Only these hosts or groups.")]
Output = Annotated[
    Optional[str], typer.Option("--output", metavar="DIR", help="A new folder for the hosts' answers.")
]
Doctor = Annotated[
    Optional[str],
    typer.Option("--doctor", metavar="FILE", help="tritondoctor as one file (`make pyz`)."),
]
Forks = Annotated[int, typer.Option("--forks", min=1, metavar="N", help="Hosts to process in parallel.")]
Deadline = Annotated[
    Optional[int], typer.Option("--deadline", min=1, metavar="S", help="Seconds for each host.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def run(
    inventory: Inventory,
    limit: Limit = "",
    output: Output = None,
    doctor: Doctor = None,
    forks: Forks = 20,
    deadline: Deadline = None,
    gpu: Annotated[
        GpuPolicy, typer.Option("--gpu", help="GPU policy, as for `tritondoctor check`.")
    ] = GpuPolicy.AUTO,
    json: Json = False,
) -> None:
    """Check every host of an Ansible inventory, and summarize the reports as `fleet report` does.

    Nothing is installed or left on the hosts. Hosts that do not answer are part of the result.
    """
    from tritondoctor.commands.console import HostProgress
    from tritondoctor.commands.output import outputs
    from tritondoctor.fleet import ansible
    from tritondoctor.fleet.summary import summarize

    fleet = ansible.fleet(inventory, limit, file=doctor, forks=forks, deadline=deadline)
    folder = _new_folder(output, _RUNS)
    console = console_of(stderr=json)
    command = ["check", "--json", *([] if gpu is GpuPolicy.AUTO else ["--gpu", gpu.value])]
    with _answers_kept(folder), HostProgress(console, fleet.hosts) as progress:
        ansible.ask(fleet, dict.fromkeys(fleet.hosts, command), folder, "hosts", progress)
    console.print(f"\n{_('Written to {folder}', folder=folder)}\n", soft_wrap=True)
    summary = summarize([os.path.join(folder, "hosts")])
    fleet_report.show(summary, outputs(None, None, json=json))
    raise typer.Exit(summary.exit_code(strict=False))


def fix(
    inventory: Inventory,
    limit: Limit = "",
    output: Output = None,
    doctor: Doctor = None,
    forks: Forks = 20,
    deadline: Deadline = None,
    canary: Annotated[
        int, typer.Option("--canary", min=0, metavar="N", help="Hosts of each plan to repair first.")
    ] = 1,
    batch: Annotated[
        int, typer.Option("--batch", min=1, metavar="N", help="Hosts in each batch after that.")
    ] = 10,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plans, change nothing.")] = False,
    yes: Yes = False,
    no_selftest: Annotated[
        bool, typer.Option("--no-selftest", help="Do not start PyTriton there to verify the result.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Apply what helps even if errors remain.")
    ] = False,
    allow_base: Annotated[
        bool, typer.Option("--allow-base", help="Allow changes to conda's base environments.")
    ] = False,
    allow_system: Annotated[
        bool, typer.Option("--allow-system", help="Allow changes to system folders.")
    ] = False,
    json: Json = False,
) -> None:
    """Repair hosts. Each makes its own plan; canaries go first, then batches, until one gets worse."""
    from tritondoctor.commands.console import HostProgress, require_answers
    from tritondoctor.fleet import ansible, plans, rollout
    from tritondoctor.reports import fleet_hosts as fleet_hosts_report

    if not (yes or dry_run):
        require_answers(
            _("No terminal to ask on: add --yes to apply the plans, or --dry-run to see them."),
            json=json,
        )
    fleet = ansible.fleet(inventory, limit, file=doctor, forks=forks, deadline=deadline)
    folder = _new_folder(output, _FIXES)
    console = console_of(stderr=json, asks=not (yes or dry_run))
    permissions = [
        *(["--allow-base"] if allow_base else []),
        *(["--allow-system"] if allow_system else []),
    ]
    with _answers_kept(folder), HostProgress(console, fleet.hosts) as progress:
        planned = rollout.plan(fleet, permissions, folder, progress)
    groups = plans.groups(planned)
    fleet_hosts_report.show_plans(groups, console)
    chosen = plans.same(groups, ("repairable", "partly") if partial else ("repairable",))
    hosts = [host for group in chosen for host in group.hosts]
    failing = sum(len(group.hosts) for group in groups if group.kind != "sound")
    if dry_run or not hosts or not (yes or _agreed_to_repair(len(hosts), failing)):
        _end_unchanged(folder, groups, json)
        raise typer.Exit(int(bool(failing)))
    options = [
        *permissions,
        *(["--no-selftest"] if no_selftest else []),
        *(["--partial"] if partial else []),
    ]
    waves = list(plans.waves(chosen, canary, batch))
    with _answers_kept(folder), HostProgress(console, hosts) as progress:
        result = rollout.fix(
            fleet, planned, waves, options, folder, progress,
            lambda kind, wave: fleet_hosts_report.show_wave(kind, wave, console),
        )  # fmt: skip
    _show_fixed(folder, hosts, result, console, json)
    fixed = sum(host.state == "fixed" for host in result.hosts.values())
    raise typer.Exit(int(fixed < failing))


def undo(
    folder: Annotated[
        Optional[str],
        typer.Argument(metavar="DIR", help="The folder of a fix; default: the newest one here."),
    ] = None,
    inventory: Annotated[
        Optional[list[str]],
        typer.Option(
            "-i", "--inventory", metavar="INVENTORY", help="If the inventory is now another one."
        ),
    ] = None,
    limit: Limit = "",
    doctor: Doctor = None,
    forks: Forks = 20,
    deadline: Deadline = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Undo a fix of many hosts, each from its own record; list the hosts where that failed."""
    from tritondoctor.commands.console import HostProgress, confirm, require_answers
    from tritondoctor.fleet import ansible, rollout
    from tritondoctor.reports import fleet_hosts as fleet_hosts_report

    if not yes:
        require_answers(_("No terminal to ask on: add --yes to undo the fix."), json=json)
    folder = os.path.abspath(folder or _newest_fix())
    before = rollout.read(folder)
    hosts = [host for host, state in before.hosts.items() if state.fix and state.state != "undone"]
    if not hosts:
        say(_("Every fix recorded in {folder} has been undone already.", folder=folder))
        return
    fleet = ansible.fleet(
        list(inventory or before.inventory), limit, file=doctor or before.file, forks=forks,
        deadline=deadline,
    )  # fmt: skip
    hosts = [host for host in hosts if host in fleet.hosts]
    question = plural(
        "Undo the fix of {time} on {count} host?",
        "Undo the fix of {time} on {count} hosts?",
        len(hosts),
        time=before.started,
    )
    if not (yes or confirm(question)):
        raise typer.Exit(1)
    console = console_of(stderr=json)
    with _answers_kept(folder), HostProgress(console, hosts) as progress:
        result = rollout.undo(fleet, before, folder, progress)
    fleet_hosts_report.show_outcome(result, (), console)
    if json:
        print_json(fleet_hosts_report.as_json(folder, result, ()))
    raise typer.Exit(int(any(host.state in ("left", "asked") for host in result.hosts.values())))


def _agreed_to_repair(hosts: int, failing: int) -> bool:
    from tritondoctor.commands.console import confirm

    return confirm(
        plural(
            "Repair {hosts} of {count} failing host?",
            "Repair {hosts} of {count} failing hosts?",
            failing,
            hosts=hosts,
        )
    )


def _end_unchanged(folder: str, groups: "list[PlanGroup]", json: bool) -> None:
    from tritondoctor.reports import fleet_hosts as fleet_hosts_report

    if json:
        print_json(fleet_hosts_report.plans_json(folder, groups))
    else:
        say(_("Nothing was changed."))


def _show_fixed(folder: str, hosts: list[str], result: "Rollout", console: "Console", json: bool) -> None:
    from tritondoctor.reports import fleet_hosts as fleet_hosts_report

    waiting = [host for host in hosts if host not in result.hosts]
    fleet_hosts_report.show_outcome(result, waiting, console)
    console.print(f"\n{_('Written to {folder}', folder=folder)}", soft_wrap=True)
    console.print(
        _("To undo it: {command}", command=typed(f"tritondoctor fleet undo {quote(folder)}")),
        soft_wrap=True,
    )
    if json:
        print_json(fleet_hosts_report.as_json(folder, result, waiting))


def _new_folder(named: Optional[str], start: str) -> str:
    """Return a new folder.  Raises UsageError where one of that name has something in it, or another user
    can put something into it: a link in the place of an answer.
    """
    path = os.path.abspath(named or start + time.strftime("%Y%m%d-%H%M%S"))
    try:
        os.makedirs(path, exist_ok=True)
        if os.listdir(path):
            raise UsageError(
                _(
                    "{folder} is not empty and will not be overwritten: give another --output.",
                    folder=path,
                )
            )
        if theirs := not_ours(path):
            raise UsageError(f"{path}: {theirs}. {_('Give another --output.')}")
    except OSError as failure:
        raise UsageError(f"--output {path}: {failure.strerror}.") from None
    return path


@contextmanager
def _answers_kept(folder: str) -> Iterator[None]:
    """Tell whoever interrupts it where the answers are."""
    try:
        yield
    except signals.Interrupted:
        message = _("Stopped. The answers received so far are in {folder}", folder=folder)
        sys.stderr.write(f"\n{message}\n")
        raise


def _newest_fix() -> str:
    folders = sorted(glob.glob(f"{_FIXES}*/"))
    if not folders:
        raise UsageError(
            _("There is no {pattern} in this folder: name the folder of the fix.", pattern=f"{_FIXES}*")
        )
    return folders[-1]
