"""The action `tritondoctor`: run a command on the host, write a record of its answer on the controller.

The doctor's file, the variables and the program that runs them are sent on standard input.  So they do
not appear in a process list, no Python module of Ansible runs on the host, and the host cleans up by
itself, whatever happens to the connection (files/on_host.py).
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

SCHEMA = "tritondoctor.host/1"
MARK = "tritondoctor.answer/1 "
ON_HOST = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "files", "on_host.py")
#: tried in this order, after those that the role's user names
PYTHONS = ("python3", *(f"python3.{minor}" for minor in range(14, 8, -1)), "/usr/libexec/platform-python")
#: seconds for the connection and an orderly end, in addition to the deadline that the host keeps itself
WAY_S = 15
#: memory that a worker may use for an answer; a report has about 100 KB, and Ansible keeps several copies
MOST_BYTES = 256 << 20

_VERSION = (
    'import sys; sys.stdout.write("%d.%d.%d" % sys.version_info[:3]); sys.exit(sys.version_info < (3, 9))'
)


class _Late(BaseException):
    """The host did not answer in time; not an Exception, which Ansible's connections would catch."""


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the doctor on the host and writes `<records>/<host>.json`; only a wrong task fails."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset(
        ("file", "arguments", "environment", "directory", "deadline", "records", "role", "python")
    )

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the host's answer without its report, which is in the record."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = self._task.args
        host = str((task_vars or {})["inventory_hostname"])
        deadline = int(given.get("deadline") or 60)
        order = {
            "arguments": [str(argument) for argument in given["arguments"]],
            "environment": {
                name: None if value is None else str(value)
                for name, value in (given.get("environment") or {}).items()
            },
            "directory": given.get("directory") or "",
            "deadline": deadline,
        }
        try:
            with open(given["file"], "rb") as stream:
                doctor = stream.read()
        except OSError as failure:
            raise AnsibleActionFail(
                f"The doctor's file {given['file']}: {failure.strerror}. "
                "Run `make pyz` to make it, or set tritondoctor_file to its path."
            ) from failure
        began = time.monotonic()
        answer = self._ask(order, doctor, given.get("python") or [], deadline + WAY_S)
        record = {
            "schema": SCHEMA,
            "host": host,
            "role": given.get("role") or None,
            "answer": answer["answer"],
            "said": answer.get("said", ""),
            "seconds": round(time.monotonic() - began, 3),
            "report": answer.get("report"),
        }
        try:
            _write(str(given["records"]), host, record)
        except OSError as failure:
            raise AnsibleActionFail(f"{failure.filename}: {failure.strerror}.") from failure
        return {**result, **_summary(record)}

    def _ask(
        self, order: dict[str, Any], doctor: bytes, pythons: list[str], limit_s: int
    ) -> dict[str, Any]:
        if not self._connection.has_pipelining:
            raise AnsibleActionFail(
                f"The connection {self._connection.transport} has no standard input: use ssh or local."
            )
        self._connect_once()
        with open(ON_HOST, "rb") as stream:
            program = stream.read()
        data = program + json.dumps(order).encode() + b"\n" + doctor
        try:
            with _deadline(limit_s), _bounded():
                done = self._executed(_command([*pythons, *PYTHONS], len(program)), data)
        except AnsibleConnectionFailure as failure:
            return _not_reached(str(failure))
        except _Late:
            _end_children()
            return {"answer": "timed-out", "said": f"the host did not answer within {limit_s} s"}
        except MemoryError:
            _end_children()
            return {"answer": "failed", "said": "its answer is longer than any report"}
        for line in reversed(done["stdout"].splitlines()):
            if line.startswith(MARK):
                answer: dict[str, Any] = json.loads(line[len(MARK) :])
                return answer
        output = (done["stderr"].strip() or done["stdout"].strip() or "nothing")[-2000:]
        return {"answer": "failed", "said": f"the command ended with code {done['rc']}: {output}"}

    def _executed(self, command: str, data: bytes) -> dict[str, Any]:
        try:
            return dict(self._low_level_execute_command(command, in_data=data))
        except AnsibleConnectionFailure as failure:
            if "Broken pipe" in str(failure):
                # ssh ended before it took the data, and Ansible lost its reason: `true` brings it again
                self._low_level_execute_command("true")
            raise

    def _connect_once(self) -> None:
        """Turn off connection sharing and compression.

        Sharing would leave a process on both sides, and the doctor's file is compressed already.
        """
        if self._connection.transport == "ssh":
            given = self._connection.get_option("ssh_args") or ""
            not_needed = r"(^|\s)(-C(?=\s|$)|-o\s*['\"]?Control(Master|Persist)[= ]\S+)"
            self._connection.set_option("ssh_args", re.sub(not_needed, " ", given))


def _command(pythons: list[str], program: int) -> str:
    """Return a line of sh in which the first Python that is new enough reads the rest of standard input.

    It is a single line, because a login shell such as tcsh keeps no line breaks in quotes.
    """
    boot = shlex.quote(f"import sys; exec(sys.stdin.buffer.read({program}))")
    answer = '{"answer": "no-python", "said": "%s"}'
    return (
        f"said=; for python in {' '.join(map(shlex.quote, pythons))}; do "
        f'version=$("$python" -B -E -s -c {shlex.quote(_VERSION)} 2>/dev/null </dev/null) && '
        f'exec "$python" -I -B -c {boot}; '
        '[ -z "$version" ] || said="$said$python is $version, "; done; cat >/dev/null; '
        f"printf '\\n{MARK}{answer}\\n' \"${{said:-no Python was found, }}3.9 or newer is needed\""
    )


def _not_reached(message: str) -> dict[str, Any]:
    """Return the answer for a failed connection; a host that fell silent after it has timed out."""
    message = re.sub(
        r"^(Failed to connect to|Data could not be sent to) .*? ssh: ", "", message.strip(), flags=re.I
    )
    hangs = re.search(r"timed out during|timed out while waiting|[Tt]imeout, server", message)
    return {"answer": "timed-out" if hangs else "unreachable", "said": message[-2000:]}


@contextmanager
def _deadline(seconds: int) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _bounded() -> Iterator[None]:
    """Limit this worker's memory, because Ansible keeps everything that a host sends."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", "rb") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limits = (limit for limit in before if limit != resource.RLIM_INFINITY)
    least = min(used + MOST_BYTES, *limits, sys.maxsize)
    resource.setrlimit(resource.RLIMIT_AS, (least, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _end_children() -> None:
    """Kill the waiting ssh, the only child of this worker."""
    try:
        subprocess.run(["pkill", "-KILL", "-P", str(os.getpid())], check=False)
    except FileNotFoundError:
        pass


def _write(folder: str, host: str, record: dict[str, Any]) -> None:
    """Write the record to a file with the host's name, completely or not at all."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, host.replace("/", "_") + ".json")
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as stream:
        json.dump(record, stream)
    os.replace(stream.name, path)


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    report = record["report"] or {}
    errors = [finding["id"] for finding in report.get("findings", ()) if finding["severity"] == "error"]
    return {
        "answer": record["answer"],
        "said": record["said"],
        "seconds": record["seconds"],
        "verdict": report.get("verdict"),
        "errors": errors,
        "changed": bool((report.get("fix") or {}).get("id")),
    }
