"""The process between the doctor and PyTriton: it cleans up, whatever happens to the doctor.

Its standard input is the doctor's lifeline.  The first line says what to start; when the input closes,
for whatever reason, every process of the self-test is killed and its files are removed.  Standard output
carries PyTriton's messages and the supervisor's own.  Standard library only.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from typing import Any, Optional

from tritondoctor.selftest import processes
from tritondoctor.selftest.leftovers import Leftovers

_LOOK_EVERY_S = 0.5
LIFELINE, OUT = 0, 1


def main() -> None:
    """Start PyTriton, watch it, and clean up."""
    processes.adopt_orphans()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    order = json.loads(_read_line(LIFELINE))
    mark = os.environ[processes.MARK]
    leftovers = Leftovers(order["uid"])
    incoming, theirs = os.pipe()
    child = _start(order, mark, theirs)
    if child is not None:
        _watch(child, mark, incoming, leftovers)
    dead = processes.end(mark, {os.getpid()})
    deadline = time.monotonic() + 2
    while processes.reap() and time.monotonic() < deadline:
        time.sleep(0.01)
    kept = leftovers.remove()
    _send({"event": "cleaned", "kept": kept, "processes": not dead})


def _start(order: dict[str, Any], mark: str, messages: int) -> Optional[subprocess.Popen[bytes]]:
    argv = [str(messages) if part == "MESSAGES" else part for part in order["argv"]]
    log, commands = order["log"], order["commands"]
    variables = {**order["variables"], processes.MARK: mark}
    try:
        child = subprocess.Popen(
            argv, env=variables, cwd=order["cwd"], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, pass_fds=(commands, messages), preexec_fn=_in_child,
        )  # fmt: skip
    except (OSError, ValueError) as failure:
        _send({"event": "not-started", "why": str(failure)})
        return None
    finally:
        for descriptor in (log, commands, messages):
            os.close(descriptor)
    return child


def _in_child() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    processes.die_with_parent()


def _watch(child: subprocess.Popen[bytes], mark: str, incoming: int, leftovers: Leftovers) -> None:
    """Pass messages on until the child ends or the doctor closes the lifeline."""
    buffer = b""
    while True:
        ready, _, _ = select.select([LIFELINE, incoming], [], [], _LOOK_EVERY_S)
        if incoming in ready:
            data = os.read(incoming, 65536)
            buffer += data
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                message = json.loads(line)
                leftovers.note(message)
                _send(message)
            if not data:
                _send({"event": "ended", "status": _status(child)})
                leftovers.look(mark)
                return
        leftovers.look(mark)
        if LIFELINE in ready and not os.read(LIFELINE, 4096):
            return


def _status(child: subprocess.Popen[bytes]) -> Optional[int]:
    try:
        return child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return None


def _send(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    try:
        while data:
            data = data[os.write(OUT, data) :]
    except OSError:
        pass  # the doctor is gone


def _read_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        data = os.read(descriptor, 65536)
        if not data:
            raise SystemExit(0)
        line += data
    return line
