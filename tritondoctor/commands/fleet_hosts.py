"""`tritondoctor fleet run`, `fleet fix` and `fleet undo`: hosts of an Ansible inventory."""

import glob
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.common import Json, console_of, print_json, say, usage
from tritondoctor.support import signals

if TYPE_CHECKING:
    from rich.console import Console

    from tritondoctor.fleet.ansible import AnsibleFleet

_RUNS, _FIXES = "tritondoctor-fleet-", "tritondoctor-fleet-fix-"

Inventory = Annotated[
    list[str],
    typer.Option("-i", "--inventory", metavar="INVENTORY", help="As Ansible takes it; may be repeated."),
]
Limit = Annotated[str, typer.Option("--limit", metavar="PATTERN", help="Only these hosts or groups.")]
Output = Annotated[
    Optional[str], typer.Option("--output", metavar="DIR", help="A new folder for what the hosts say.")
]
Doctor = Annotated[
    Optional[str], typer.Option("--doctor", metavar="FILE", help="The doctor as one file (make pyz).")
]
Forks = Annotated[int, typer.Option("--forks", min=1, metavar="N", help="So many hosts at a time.")]
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
        str, typer.Option("--gpu", metavar="auto|required|off", help="What is expected of the GPU.")
    ] = "auto",
    json: Json = False,
) -> None:
    """Check every host of an Ansible inventory; nothing is installed there, and nothing stays.

    Then it is told as by `fleet DIR`. Hosts that do not answer are part of the result.
    """
    from tritondoctor.commands import fleet as told
    from tritondoctor.fleet import ansible
    from tritondoctor.reports.fleet_hosts import HostProgress

    if gpu not in ("auto", "required", "off"):
        usage(f"--gpu {gpu}: it is auto, required or off.")
    fleet = _fleet(inventory, limit, doctor, forks, deadline)
    folder = _folder(output, _RUNS)
    console = console_of(stderr=json)
    command = ["check", "--json", *([] if gpu == "auto" else ["--gpu", gpu])]
    with _kept(folder), HostProgress(console, fleet.hosts) as live:
        ansible.ask(fleet, dict.fromkeys(fleet.hosts, command), folder, "hosts", live)
    console.print(f"\nWritten to {folder}\n", soft_wrap=True)
    told.reports([os.path.join(folder, "hosts")], json=json)


def fix(
    inventory: Inventory,
    limit: Limit = "",
    output: Output = None,
    doctor: Doctor = None,
    forks: Forks = 20,
    deadline: Deadline = None,
    canary: Annotated[
        int, typer.Option("--canary", min=0, metavar="N", help="Of each plan so many hosts go first.")
    ] = 1,
    batch: Annotated[
        int, typer.Option("--batch", min=1, metavar="N", help="Then so many at a time.")
    ] = 10,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plans, change nothing.")] = False,
    yes: Yes = False,
    no_selftest: Annotated[
        bool, typer.Option("--no-selftest", help="Do not start PyTriton there to prove it.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Apply what helps though something is left.")
    ] = False,
    allow_base: Annotated[
        bool, typer.Option("--allow-base", help="Change conda's base environments too.")
    ] = False,
    allow_system: Annotated[
        bool, typer.Option("--allow-system", help="Change folders of the systems too.")
    ] = False,
    json: Json = False,
) -> None:
    """Repair hosts: each plans for itself; canaries first, then batches, until one comes out worse."""
    from tritondoctor.fleet import plans, rollout
    from tritondoctor.reports import fix as told_fix
    from tritondoctor.reports import fleet_hosts as told

    if not (yes or dry_run) and (json or not told_fix.is_terminal()):
        usage("Nobody can be asked here: add --yes to apply the plans, or --dry-run to see them.")
    fleet = _fleet(inventory, limit, doctor, forks, deadline)
    folder = _folder(output, _FIXES)
    console = console_of(stderr=json)
    permissions = [
        *(["--allow-base"] if allow_base else []),
        *(["--allow-system"] if allow_system else []),
    ]
    with _kept(folder), told.HostProgress(console, fleet.hosts) as live:
        known = rollout.plan(fleet, permissions, folder, live)
    groups = plans.groups(known)
    _print(console, told.plan_lines(groups, _width(console)))
    chosen = plans.same(groups, ("repairable", "partly") if partial else ("repairable",))
    hosts = [host for group in chosen for host in group.hosts]
    ill = sum(len(group.hosts) for group in groups if group.kind != "sound")
    if dry_run or not hosts or not (yes or _agreed(f"Repair {len(hosts)} of {ill} hosts?")):
        print_json(told.plans_json(folder, groups)) if json else say("Nothing was changed.")
        raise typer.Exit(int(bool(ill)))
    options = [
        *permissions,
        *(["--no-selftest"] if no_selftest else []),
        *(["--partial"] if partial else []),
    ]
    waves = list(plans.waves(chosen, canary, batch))
    with _kept(folder), told.HostProgress(console, hosts) as live:
        result = rollout.fix(
            fleet, known, waves, options, folder, live,
            lambda kind, some: console.print(f"\n{told.wave_line(kind, some)}", soft_wrap=True),
        )  # fmt: skip
    waiting = [host for host in hosts if host not in result.hosts]
    _print(console, [("", ""), *told.outcome_lines(result, waiting, _width(console))])
    console.print(
        f"\nWritten to {folder}\nTo take it back: tritondoctor fleet undo {folder}", soft_wrap=True
    )
    if json:
        print_json(told.as_json(folder, result, waiting))
    fixed = sum(host.state == "fixed" for host in result.hosts.values())
    raise typer.Exit(int(fixed < ill))


def undo(
    folder: Annotated[
        Optional[str],
        typer.Argument(metavar="DIR", help="The folder of a fix; without it the newest here."),
    ] = None,
    inventory: Annotated[
        Optional[list[str]],
        typer.Option("-i", "--inventory", metavar="INVENTORY", help="Where it is another now."),
    ] = None,
    limit: Limit = "",
    doctor: Doctor = None,
    forks: Forks = 20,
    deadline: Deadline = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Take a fix of many hosts back, on each by its own record; says where it could not."""
    from tritondoctor.fleet import rollout
    from tritondoctor.fleet.ansible import FleetError
    from tritondoctor.reports import fix as told_fix
    from tritondoctor.reports import fleet_hosts as told

    if not yes and (json or not told_fix.is_terminal()):
        usage("Nobody can be asked here: add --yes to undo it.")
    folder = os.path.abspath(folder or _newest_fix())
    try:
        before = rollout.read(folder)
    except FleetError as failure:
        usage(str(failure))
    hosts = [host for host, one in before.hosts.items() if one.fix and one.state != "undone"]
    if not hosts:
        say(f"Nothing that {folder} tells of has to be taken back.")
        return
    fleet = _fleet(list(inventory or before.inventory), limit, doctor or before.file, forks, deadline)
    hosts = [host for host in hosts if host in fleet.hosts]
    if not yes and not _agreed(f"Undo the fix of {before.started} on {len(hosts)} hosts?"):
        raise typer.Exit(1)
    console = console_of(stderr=json)
    with _kept(folder), told.HostProgress(console, hosts) as live:
        result = rollout.undo(fleet, before, folder, live)
    _print(console, [("", ""), *told.outcome_lines(result, (), _width(console))])
    if json:
        print_json(told.as_json(folder, result, ()))
    raise typer.Exit(int(any(host.state in ("left", "asked") for host in result.hosts.values())))


def _fleet(
    inventory: list[str], limit: str, doctor: Optional[str], forks: int, deadline: Optional[int]
) -> "AnsibleFleet":
    from tritondoctor.fleet import ansible

    try:
        return ansible.fleet(inventory, limit, file=doctor, forks=forks, deadline=deadline)
    except ansible.FleetError as failure:
        usage(str(failure))


def _folder(given: Optional[str], start: str) -> str:
    """A new folder; wrong usage where there is one of that name with something in it."""
    path = os.path.abspath(given or start + time.strftime("%Y%m%d-%H%M%S"))
    try:
        os.makedirs(path, exist_ok=True)
        if os.listdir(path):
            usage(f"{path} is not empty, and nothing in it is overwritten: name another --output.")
    except OSError as failure:
        usage(f"--output {path}: {failure.strerror}.")
    return path


@contextmanager
def _kept(folder: str) -> Iterator[None]:
    """Whoever stops it is told where the answers are that came until then."""
    try:
        yield
    except signals.Interrupted:
        sys.stderr.write(f"\nStopped. What the hosts said until then is in {folder}\n")
        raise


def _newest_fix() -> str:
    found = sorted(glob.glob(f"{_FIXES}*/"))
    if not found:
        usage(f"There is no {_FIXES}* in this folder: name the one of the fix.")
    return found[-1]


def _agreed(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _width(console: "Console") -> int:
    return min(console.width, 100)


def _print(console: "Console", lines: Iterable[tuple[str, str]]) -> None:
    from rich.text import Text

    for line, style in lines:
        console.print(Text(line, style=style), soft_wrap=True)
