"""A Docker daemon of the tests' own: the first of their processes starts it, the last one ends it.

Two daemons cannot share a folder of data, and one at a time would keep a worker waiting for the other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker
import psutil
from docker.errors import DockerException

from tests.truth import stock
from tests.truth.stock import Absent

_START_DEADLINE_S = 120.0
_END_DEADLINE_S = 30.0

#: the folder of the daemon that runs, in words; who has a shared lock on the file uses that daemon
_USERS = stock.CACHE / ".dockerd.users"
#: held while somebody comes or goes
_DOOR = stock.CACHE / ".dockerd.door"


@contextmanager
def shared() -> Iterator[str]:
    """The address of the daemon's socket; raises `Absent` where none can be started."""
    program = shutil.which("dockerd")
    if program is None or os.geteuid() != 0:
        raise Absent("no Docker engine answers, and none can be started here (dockerd, as root)")
    stock.CACHE.mkdir(parents=True, exist_ok=True)
    with _USERS.open("a") as users:
        with _door():
            place = _joined() or _started(program)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _address(place)
        finally:
            with _door():
                if _is_last(users.fileno()):
                    _end(place)


@contextmanager
def _door() -> Iterator[None]:
    with _DOOR.open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    """Whether nobody else uses the daemon (flock(2): a lock is converted, and lost where that fails)."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _joined() -> Path | None:
    """The folder of a daemon that runs, if it answers; what a killed run left is ended."""
    text = _USERS.read_text()
    if not text:
        return None
    place = Path(text)
    if _answers(place):
        return place
    _end(place)
    return None


def _started(program: str) -> Path:
    # sockets' paths have little room
    place = Path(tempfile.mkdtemp(prefix="td-engine-", dir="/tmp"))
    _USERS.write_text(str(place))
    with (place / "log").open("wb") as log:
        # in a session of its own, and no child: it may outlive the process that starts it
        subprocess.run(
            [
                "setsid", "--fork", program, "--host", _address(place),
                "--data-root", str(stock.CACHE / "docker"),
                "--exec-root", str(place / "exec"), "--pidfile", str(place / "pid"),
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=True,
        )  # fmt: skip
    deadline = time.monotonic() + _START_DEADLINE_S
    while not _answers(place):
        if time.monotonic() > deadline:
            log_text = (place / "log").read_text(errors="replace")
            _end(place)
            raise Absent(f"dockerd did not start: {' '.join(log_text.strip().splitlines()[-1:])}")
        time.sleep(0.3)
    return place


def _address(place: Path) -> str:
    return f"unix://{place}/docker.sock"


def _answers(place: Path) -> bool:
    try:
        with closing(docker.DockerClient(base_url=_address(place))) as client:
            return bool(client.ping())
    except DockerException:
        return False


def _end(place: Path) -> None:
    """Ends the daemon of that folder, by its own pid, and removes the folder."""
    for process in psutil.process_iter(["cmdline"]):
        if _address(place) in (process.info["cmdline"] or []):
            process.terminate()
            try:
                process.wait(_END_DEADLINE_S)
            except psutil.TimeoutExpired:
                process.kill()
    shutil.rmtree(place, ignore_errors=True)
    _USERS.write_text("")
