"""A PyTriton under its supervisor, as the doctor sees it: lines of its log, and messages."""

from __future__ import annotations

import json
import os
import re
import secrets
import selectors
import subprocess
import sys
import time
from collections import deque
from typing import Any, NamedTuple, Optional, Union

from tritondoctor.selftest import processes
from tritondoctor.selftest.leftovers import Leftovers
from tritondoctor.support import own_files
from tritondoctor.target import Target

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: runs like a script in the working directory, which is then first on sys.path
_RUN = "import sys; file = sys.argv[1]; exec(compile(open(file).read(), file, 'exec'))"
_SUPERVISE = (
    "import sys; sys.path.insert(0, {root!r}); from tritondoctor.selftest.supervisor import main; main()"
)
_MOST_LINES = 2000
_CLEAN_UP_S = 20.0
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Line(NamedTuple):
    """A line of the common log of server and interpreter."""

    text: str


class Message(NamedTuple):
    """A message of serve_linear.py or the supervisor."""

    event: str
    fields: dict[str, Any]


class Session:
    """Starts serve_linear.py in the target; `close` ends it with all its processes."""

    def __init__(self, target: Target, request: dict[str, Any]) -> None:
        self.mark = secrets.token_hex(8)
        self.log: deque[str] = deque(maxlen=_MOST_LINES)
        self.kept: list[str] = []
        self._cleaned = False
        self.began = time.monotonic()
        uid = os.geteuid() if target.identity is None else target.identity.uid
        self._leftovers = Leftovers(uid)  # what the supervisor knows too, in case it is killed
        self._partial: dict[int, bytes] = {}
        self._waiting: deque[Union[Line, Message]] = deque()
        log_read, log_write = os.pipe()
        commands_read, self._commands = os.pipe()
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SUPERVISE.format(root=_ROOT)],
            env={**os.environ, processes.MARK: self.mark},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            pass_fds=(log_write, commands_read),
        )  # fmt: skip
        os.close(log_write)
        os.close(commands_read)
        assert self._supervisor.stdin and self._supervisor.stdout
        self._log = log_read
        self._messages = self._supervisor.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._log, self._messages):
            self._selector.register(descriptor, selectors.EVENT_READ)
            self._partial[descriptor] = b""
        program = own_files.path("selftest/serve_linear.py")
        order = {
            "argv": [target.python, "-u", "-c", _RUN, program, str(commands_read), "MESSAGES"],
            "variables": target.variables,
            "cwd": target.cwd,
            "log": log_write,
            "commands": commands_read,
            "uid": uid,
        }
        self.send(request)
        self._supervisor.stdin.write(json.dumps(order).encode() + b"\n")
        self._supervisor.stdin.flush()

    def send(self, command: dict[str, Any]) -> None:
        """Send a command to serve_linear.py; do nothing if it is gone."""
        try:
            os.write(self._commands, json.dumps(command).encode() + b"\n")
        except OSError:
            pass

    def next(self, seconds: float) -> Union[Line, Message, None]:
        """Return the next line or message; None if there is none in time."""
        deadline = time.monotonic() + seconds
        while not self._waiting:
            left = deadline - time.monotonic()
            if left <= 0 or not self._selector.get_map():
                if left > 0:
                    time.sleep(min(left, 0.05))
                return None
            for key, _ in self._selector.select(left):
                self._read(key.fd)
        return self._waiting.popleft()

    def _read(self, descriptor: int) -> None:
        data = os.read(descriptor, 65536)
        *lines, self._partial[descriptor] = (self._partial[descriptor] + data).split(b"\n")
        if not data:
            self._selector.unregister(descriptor)
            lines.append(self._partial[descriptor])
        for raw in filter(None, lines):
            if descriptor == self._log:
                text = _COLOUR.sub("", raw.decode("utf-8", "replace")).rstrip("\r")
                self.log.append(text)
                self._waiting.append(Line(text))
            else:
                fields = json.loads(raw)
                self._leftovers.note(fields)
                if fields["event"] == "cleaned":
                    self._cleaned, self.kept = True, fields["kept"]
                self._waiting.append(Message(fields.pop("event"), fields))
        if not data and descriptor == self._messages:
            self._waiting.append(Message("supervisor-ended", {}))

    def _reading(self, descriptor: int) -> bool:
        return descriptor in self._selector.get_map()

    def stub_ended(self) -> Optional[processes.EndedChild]:
        """Return an ended program that tritonserver had started; None if there is none."""
        known = ("bash", "sh", "triton_python_b")  # a process's name is cut after 15 bytes
        ended = processes.ended_children(self.mark)
        return next((child for child in ended if child.name in known), None)

    def pids(self) -> list[int]:
        """Return the living processes of the start, without the supervisor."""
        return [pid for pid in processes.marked(self.mark) if pid != self._supervisor.pid]

    def close(self) -> None:
        """Close the lifeline and wait until everything is gone; clean up if the supervisor did not."""
        assert self._supervisor.stdin and self._supervisor.stdout
        try:
            self._supervisor.stdin.close()
        except OSError:
            pass
        deadline = time.monotonic() + _CLEAN_UP_S
        while not self._cleaned and self._reading(self._messages) and time.monotonic() < deadline:
            self.next(0.2)
        if not self._cleaned:
            self._leftovers.look(self.mark)
            processes.end(self.mark, ())
            self.kept = self._leftovers.remove()
        self._supervisor.wait()
        self._selector.close()
        self._supervisor.stdout.close()
        for descriptor in (self._log, self._commands):
            os.close(descriptor)
