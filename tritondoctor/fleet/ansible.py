"""Ansible: the hosts of an inventory, and a command of the doctor on each of them."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from tritondoctor.fleet import records
from tritondoctor.fleet.record import SCHEMA, HostRecord, Status
from tritondoctor.privacy.scrub import scrub
from tritondoctor.support import own_files, signals, staging
from tritondoctor.support.atomic import write
from tritondoctor.support.errors import UsageError
from tritondoctor.support.ownership import not_ours

EXTRA = "python3 -m pip install 'tritondoctor[fleet]'"
LOG = "ansible.log"
#: seconds for Ansible's own start, and for the connection to a host
_START_S, _WAY_S = 60, 30

Progress = Callable[[HostRecord], None]


class FleetError(UsageError):
    """Wrong usage; the message says what was wrong and what to do."""


class AnsibleFleet(NamedTuple):
    """Hosts and how to reach them: `inventory` are absolute paths or host lists; `file` is the doctor;
    `deadline` is its time on a host in seconds, None for that of the inventory.
    """

    inventory: tuple[str, ...]
    hosts: tuple[str, ...]
    file: str
    forks: int
    deadline: Optional[int]


def fleet(
    inventory: Sequence[str], limit: str, *, file: Optional[str], forks: int, deadline: Optional[int]
) -> AnsibleFleet:
    """Return the hosts of an inventory.  Raises FleetError if there are none or a file is missing."""
    _require()
    sources = tuple(source if "," in source else os.path.abspath(source) for source in inventory)
    for source in sources:
        if "," not in source and not os.path.exists(source):
            raise FleetError(f"There is no inventory {source}.")
    return AnsibleFleet(sources, _hosts(sources, limit), doctor_file(file), forks, deadline)


def doctor_file(given: Optional[str]) -> str:
    """Return the path of the doctor's file that is copied to the hosts.  Raises FleetError."""
    built = os.path.abspath(own_files.path("../dist/tritondoctor.pyz"))  # where this is a checkout
    paths = [given] if given else [os.path.abspath("tritondoctor.pyz"), built]
    for path in paths:
        if os.path.isfile(path) and (given or _is_ours(path)):
            return os.path.abspath(path)
    raise FleetError(
        f"There is no tritondoctor.pyz to copy to the hosts: not {' nor '.join(paths)}. Take it from "
        "the release, or run `make pyz` in a checkout; then name it with --doctor."
    )


def _is_ours(path: str) -> bool:
    """Whether no other user can exchange a file that nobody named: it runs here, and on every host.

    Ansible itself takes no ansible.cfg in a folder that anybody may write, unless a variable names it.
    """
    return not (not_ours(path) or not_ours(os.path.dirname(os.path.abspath(path))))


def _require() -> None:
    from importlib.util import find_spec

    if not (find_spec("ansible") and find_spec("ansible_runner")):
        raise FleetError(f"`fleet` needs Ansible to reach hosts, and it is not installed here: {EXTRA}")


def _variables() -> dict[str, str]:
    """Return the variables that Ansible's programs get in addition to ours."""
    variables = {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
    }
    # ansible-runner works in another folder
    if "ANSIBLE_CONFIG" not in os.environ and os.path.exists("ansible.cfg") and _is_ours("ansible.cfg"):
        variables["ANSIBLE_CONFIG"] = os.path.abspath("ansible.cfg")
    return variables


def _hosts(inventory: Sequence[str], limit: str) -> tuple[str, ...]:
    command = ["ansible", "all", "--list-hosts"]
    for source in inventory:
        command += ["--inventory", source]
    if limit:
        command += ["--limit", limit]
    listing = subprocess.run(
        command,
        env={**os.environ, **_variables()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if (
        listing.returncode
        and limit
        and re.search(r"no hosts to target|match supplied host", listing.stderr)
    ):
        raise FleetError(f"No host matches --limit {limit}.")
    if listing.returncode:
        raise FleetError(f"Ansible cannot read the inventory: {_error_of(listing.stderr)}")
    hosts = tuple(line.strip() for line in listing.stdout.splitlines()[1:] if line.strip())
    if not hosts:
        raise FleetError(f"No host matches --limit {limit}." if limit else "The inventory holds no host.")
    return hosts


def _error_of(output: str) -> str:
    """Return Ansible's errors in one line, without its warnings."""
    output = scrub(output)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"\[?ERROR", line)] or lines[-1:]
    return re.sub(r"\[?ERROR\]?:? *(!)?", "", " ".join(errors)).strip()


def ask(
    fleet: AnsibleFleet,
    commands: Mapping[str, Sequence[str]],
    folder: str,
    kind: str,
    progress: Progress,
    *,
    deadline: Optional[int] = None,
) -> dict[str, HostRecord]:
    """Run a command of the doctor on each host; return host -> record, also written to `folder`/`kind`.

    `progress` gets each record when it arrives.  Ansible's log is added to `folder`.  Raises Interrupted
    if stopped; earlier records are kept.  Ansible treats braces in a command as a template, so no command
    may contain text from a host.
    """
    import ansible_runner

    records_folder = os.path.join(folder, kind)
    os.makedirs(records_folder, exist_ok=True)
    hosts, seconds = list(commands), deadline or fleet.deadline
    variables: dict[str, Any] = {
        "tritondoctor_file": fleet.file,
        "tritondoctor_records": records_folder,
        "tritondoctor_commands": {host: list(command) for host, command in commands.items()},
        "tritondoctor_command": "{{ tritondoctor_commands[inventory_hostname] }}",
        **({"tritondoctor_deadline": seconds} if seconds else {}),
    }
    waves = -(-len(hosts) // fleet.forks)
    listener = _Listener(records_folder, hosts, progress)
    with (
        staging.temporary() as scratch,
        signals.collected() as numbers,
    ):
        limit = os.path.join(scratch, "hosts")
        write(limit, "".join(f"{host}\n" for host in hosts))
        try:
            ansible_runner.run(
                private_data_dir=scratch,
                playbook=own_files.path("fleet/play.yml"),
                roles_path=own_files.path("fleet/roles"),
                inventory=list(fleet.inventory),
                extravars=variables,
                envvars=_variables(),
                limit=f"@{limit}",
                forks=fleet.forks,
                # a last resort: the deadline of each host ends it before
                settings={"job_timeout": _START_S + waves * ((seconds or 3600) + _WAY_S)},
                event_handler=listener.event,
                cancel_callback=lambda: bool(numbers),  # it runs on another terminal
                quiet=True,
            )
        finally:
            _keep_log(scratch, folder, kind)
        if numbers:
            raise signals.Interrupted(numbers[0])
    return listener.finished()


class _Listener:
    """Turns Ansible's events into records of hosts."""

    def __init__(self, place: str, hosts: Sequence[str], progress: Progress) -> None:
        self._place, self._hosts, self._progress = place, hosts, progress
        self._records: dict[str, HostRecord] = {}
        self._ended = ""

    def event(self, event: Mapping[str, Any]) -> bool:
        """Called by ansible-runner; return False, so that it writes no file of the event."""
        data = event.get("event_data") or {}
        host, result, kind = str(data.get("host")), data.get("res") or {}, event.get("event")
        if kind == "runner_on_ok" and "answer" in result:
            self._take(records.read(self._place, host))
        elif kind in ("runner_on_failed", "runner_on_unreachable") and not data.get("ignore_errors"):
            status: Status = "failed" if kind == "runner_on_failed" else "unreachable"
            self._no_report(host, status, str(result.get("msg", "")))
        elif kind == "error" or (kind == "verbose" and "ERROR" in event.get("stdout", "")):
            self._ended = _error_of(event.get("stdout", ""))
        return False

    def finished(self) -> dict[str, HostRecord]:
        """Return all records; hosts without an event have failed."""
        for host in self._hosts:
            if host not in self._records:
                self._no_report(host, "failed", self._ended or f"Ansible did not reach it (see {LOG})")
        return {host: self._records[host] for host in self._hosts}

    def _no_report(self, host: str, status: Status, message: str) -> None:
        record = HostRecord(SCHEMA, host, None, status, message, 0.0, None)
        self._take(records.without_secrets(record))

    def _take(self, record: HostRecord) -> None:
        records.save(self._place, record)
        self._records[record.host] = record
        self._progress(record)


def _keep_log(scratch: str, folder: str, kind: str) -> None:
    """Append Ansible's output to the log; its variables and events stay in `scratch`."""
    for root, _, names in os.walk(os.path.join(scratch, "artifacts")):
        if "stdout" in names:
            with open(os.path.join(root, "stdout"), encoding="utf-8", errors="replace") as file:
                output = scrub(file.read())
            with open(os.path.join(folder, LOG), "a", encoding="utf-8") as log:
                log.write(f"{kind}:\n{output}\n")
