"""Ansible as the engine: which hosts an inventory holds, and one command of the doctor on each."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from tritondoctor.fleet import records
from tritondoctor.fleet.record import SCHEMA, HostRecord
from tritondoctor.privacy.scrub import scrub
from tritondoctor.support import own_files, signals
from tritondoctor.support.atomic import write
from tritondoctor.support.errors import UsageError

EXTRA = "python3 -m pip install 'tritondoctor[fleet]'"
LOG = "ansible.log"
#: for Ansible's own start, and for each host's way there and back
_START_S, _WAY_S = 60, 30

Progress = Callable[[HostRecord], None]


class FleetError(UsageError):
    """Wrong usage; the message says what was wrong and what to do."""


class AnsibleFleet(NamedTuple):
    """The hosts, and how they are asked: `inventory` are absolute paths or host lists; `file` is the
    doctor's; `deadline` the seconds that the doctor has on a host, None: what the inventory says.
    """

    inventory: tuple[str, ...]
    hosts: tuple[str, ...]
    file: str
    forks: int
    deadline: Optional[int]


def fleet(
    inventory: Sequence[str], limit: str, *, file: Optional[str], forks: int, deadline: Optional[int]
) -> AnsibleFleet:
    """The hosts of an inventory.  Raises FleetError where there are none or something is not there."""
    _require()
    places = tuple(one if "," in one else os.path.abspath(one) for one in inventory)
    for place in places:
        if "," not in place and not os.path.exists(place):
            raise FleetError(f"There is no inventory {place}.")
    return AnsibleFleet(places, _hosts(places, limit), doctor_file(file), forks, deadline)


def doctor_file(given: Optional[str]) -> str:
    """The one file that goes to the hosts."""
    built = os.path.abspath(own_files.path("../dist/tritondoctor.pyz"))  # where this is a checkout
    places = [given] if given else [os.path.abspath("tritondoctor.pyz"), built]
    for place in places:
        if os.path.isfile(place):
            return os.path.abspath(place)
    raise FleetError(
        f"The doctor as one file is not there: {' nor '.join(places)}. `make pyz` makes it; "
        "--doctor names one that lies elsewhere."
    )


def _require() -> None:
    from importlib.util import find_spec

    if not (find_spec("ansible") and find_spec("ansible_runner")):
        raise FleetError(f"Hosts are asked through Ansible, which is not installed here: {EXTRA}")


def _variables() -> dict[str, str]:
    """What Ansible's programs get beside what this program was started with."""
    found = {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
    }
    # ansible-runner works in a folder of its own
    if "ANSIBLE_CONFIG" not in os.environ and os.path.exists("ansible.cfg"):
        found["ANSIBLE_CONFIG"] = os.path.abspath("ansible.cfg")
    return found


def _hosts(inventory: Sequence[str], limit: str) -> tuple[str, ...]:
    command = ["ansible", "all", "--list-hosts"]
    for one in inventory:
        command += ["--inventory", one]
    if limit:
        command += ["--limit", limit]
    done = subprocess.run(
        command,
        env={**os.environ, **_variables()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode and limit and re.search(r"no hosts to target|match supplied host", done.stderr):
        raise FleetError(f"No host matches --limit {limit}.")
    if done.returncode:
        raise FleetError(f"Ansible cannot read the inventory: {_error_of(done.stderr)}")
    found = tuple(line.strip() for line in done.stdout.splitlines()[1:] if line.strip())
    if not found:
        raise FleetError(f"No host matches --limit {limit}." if limit else "The inventory holds no host.")
    return found


def _error_of(said: str) -> str:
    """Ansible's errors in one line, without its warnings' boxes."""
    said = scrub(said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
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
    """Runs a command of the doctor on each host; host -> its record, written to `folder`/`kind`.

    `progress` gets each record as it comes.  Ansible's log is added to `folder`.  Raises
    Interrupted where it was stopped; what was answered until then is written.  Ansible takes
    braces in a command for a template, so none may hold what a host said.
    """
    import ansible_runner

    place = os.path.join(folder, kind)
    os.makedirs(place, exist_ok=True)
    hosts, seconds = list(commands), deadline or fleet.deadline
    given: dict[str, Any] = {
        "tritondoctor_file": fleet.file,
        "tritondoctor_records": place,
        "tritondoctor_commands": {host: list(command) for host, command in commands.items()},
        "tritondoctor_command": "{{ tritondoctor_commands[inventory_hostname] }}",
        **({"tritondoctor_deadline": seconds} if seconds else {}),
    }
    waves = -(-len(hosts) // fleet.forks)
    listener = _Listener(place, hosts, progress)
    with (
        tempfile.TemporaryDirectory(prefix="tritondoctor-fleet-") as scratch,
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
                extravars=given,
                envvars=_variables(),
                limit=f"@{limit}",
                forks=fleet.forks,
                # a last resort: each host keeps its own deadline
                settings={"job_timeout": _START_S + waves * ((seconds or 3600) + _WAY_S)},
                event_handler=listener.event,
                cancel_callback=lambda: bool(numbers),  # it runs on a terminal of its own
                quiet=True,
            )
        finally:
            _keep_log(scratch, folder, kind)
        if numbers:
            raise signals.Interrupted(numbers[0])
    return listener.finished()


class _Listener:
    """Ansible's events, as records of hosts."""

    def __init__(self, place: str, hosts: Sequence[str], progress: Progress) -> None:
        self._place, self._hosts, self._progress = place, hosts, progress
        self._found: dict[str, HostRecord] = {}
        self._ended = ""

    def event(self, event: Mapping[str, Any]) -> bool:
        """Called by ansible-runner; its files of events are of no use."""
        data = event.get("event_data") or {}
        host, result, kind = str(data.get("host")), data.get("res") or {}, event.get("event")
        if kind == "runner_on_ok" and "answer" in result:
            self._take(records.read_one(self._place, host))
        elif kind in ("runner_on_failed", "runner_on_unreachable") and not data.get("ignore_errors"):
            answer = "failed" if kind == "runner_on_failed" else "unreachable"
            self._refused(host, answer, str(result.get("msg", "")))
        elif kind == "error" or (kind == "verbose" and "ERROR" in event.get("stdout", "")):
            self._ended = _error_of(event.get("stdout", ""))
        return False

    def finished(self) -> dict[str, HostRecord]:
        """All of them; who gave no sign has failed."""
        for host in self._hosts:
            if host not in self._found:
                self._refused(host, "failed", self._ended or f"Ansible did not come to it (see {LOG})")
        return {host: self._found[host] for host in self._hosts}

    def _refused(self, host: str, answer: Any, said: str) -> None:
        record = HostRecord(SCHEMA, host, None, answer, said, 0.0, None)
        self._take(records.without_secrets(record))

    def _take(self, record: HostRecord) -> None:
        records.write_one(self._place, record)
        self._found[record.host] = record
        self._progress(record)


def _keep_log(scratch: str, folder: str, kind: str) -> None:
    """What Ansible printed; its variables and events, which hold more, go with `scratch`."""
    for root, _, names in os.walk(os.path.join(scratch, "artifacts")):
        if "stdout" in names:
            with open(os.path.join(root, "stdout"), encoding="utf-8", errors="replace") as file:
                said = scrub(file.read())
            with open(os.path.join(folder, LOG), "a", encoding="utf-8") as log:
                log.write(f"{kind}:\n{said}\n")
