"""The process between the doctor and PyTriton: whatever happens to the doctor, it cleans up.

Its standard input is the doctor's lifeline: one line says what to start, and when it closes, for
whatever reason, every process of the self-test is killed and what they leave is removed.  On standard
output it passes PyTriton's messages on and adds its own.  Standard library only.
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
    """Starts, watches and cleans up."""
    processes.adopt_orphans()
    for one in (signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    order = json.loads(_read_line(LIFELINE))
    mark = os.environ[processes.MARK]
    left = Leftovers()
    incoming, theirs = os.pipe()
    child = _start(order, mark, theirs)
    if child is not None:
        _watch(child, mark, incoming, left)
    dead = processes.end(mark, {os.getpid()})
    deadline = time.monotonic() + 2
    while processes.reap() and time.monotonic() < deadline:
        time.sleep(0.01)
    kept = left.remove()
    _say({"event": "cleaned", "kept": kept, "processes": not dead})


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
        _say({"event": "not-started", "why": str(failure)})
        return None
    finally:
        for descriptor in (log, commands, messages):
            os.close(descriptor)
    return child


def _in_child() -> None:
    for one in (signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)
    processes.die_with_parent()


def _watch(child: subprocess.Popen[bytes], mark: str, incoming: int, left: Leftovers) -> None:
    """Until the child ends or the doctor lets go."""
    buffer = b""
    while True:
        ready, _, _ = select.select([LIFELINE, incoming], [], [], _LOOK_EVERY_S)
        if incoming in ready:
            data = os.read(incoming, 65536)
            buffer += data
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                message = json.loads(line)
                left.note(message)
                _say(message)
            if not data:
                _say({"event": "ended", "status": _status(child)})
                left.look(mark)
                return
        left.look(mark)
        if LIFELINE in ready and not os.read(LIFELINE, 4096):
            return


def _status(child: subprocess.Popen[bytes]) -> Optional[int]:
    try:
        return child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return None


def _say(message: dict[str, Any]) -> None:
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
