"""Which of the things that a start does the kernel refuses: tried in a child, which leaves nothing.

The child answers through memory that it shares with its parent, so that no system call stands between
an attempt and its report.  Where a filter ends it, another child goes on behind that attempt.
"""

from __future__ import annotations

import errno
import mmap
import os
import platform
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.facts.machine import confinement
from tritondoctor.facts.machine.attempts import Attempt, attempts
from tritondoctor.facts.machine.kernel_model import KernelPolicy, Refusal
from tritondoctor.support import own_files
from tritondoctor.support.errno_names import errno_name
from tritondoctor.support.processes import Identity, become
from tritondoctor.support.reading import Limit, read_text

#: what all attempts together may take; they take milliseconds
DEADLINE_S = 2.0
#: what a slot holds beside an error's number
_UNTRIED, _BEGUN, _PASSED = 0, -1, -2


class Trial:
    """The attempts in progress, in a child that runs as `identity` (None: as this user)."""

    def __init__(self, tried: Sequence[Attempt], identity: Optional[Identity] = None) -> None:
        self._tried, self._identity = tried, identity
        self._memory = mmap.mmap(-1, 4 * len(tried))
        self._slots = memoryview(self._memory).cast("i")
        self._not_forked = ""
        self._pid = self._go_on(0)

    def _go_on(self, first: int) -> int:
        """Start a child that tries what comes from `first` on; 0 where none can be started."""
        try:
            pid = os.fork()
        except OSError as failure:
            self._not_forked = errno_name(failure)
            return 0
        if pid == 0:
            try:
                self._try_all(first)
            finally:
                os._exit(0)
        return pid

    def _try_all(self, first: int) -> None:
        if self._identity is not None:
            become(self._identity)
        for index in range(first, len(self._tried)):
            self._slots[index] = _BEGUN
            try:
                self._tried[index].run()
                self._slots[index] = _PASSED
            except TimeoutError:
                self._slots[index] = errno.ETIMEDOUT
            except OSError as failure:
                self._slots[index] = failure.errno or errno.EIO

    def refusals(self) -> Optional[tuple[Refusal, ...]]:
        """What failed, in the order of the attempts; None where nothing could be tried."""
        found = []
        deadline = time.monotonic() + DEADLINE_S
        while self._pid:
            status = self._wait(deadline)
            index = self._in_midst()
            if index is None:
                break
            number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else 0
            found.append(Refusal(self._tried[index].call, signal=number))
            self._slots[index] = _PASSED
            self._pid = self._go_on(index + 1) if time.monotonic() < deadline else 0
        if self._not_forked:
            return (Refusal("fork", self._not_forked), *found)
        if self._slots[0] == _UNTRIED:
            return None
        order = {attempt.call: index for index, attempt in enumerate(self._tried)}
        return tuple(sorted((*found, *self._failed()), key=lambda refusal: order[refusal.call]))

    def _failed(self) -> Iterator[Refusal]:
        for attempt, value in zip(self._tried, self._slots):
            if value > 0:
                yield Refusal(attempt.call, errno_name(OSError(value, "")))

    def _in_midst(self) -> Optional[int]:
        return next((index for index, value in enumerate(self._slots) if value == _BEGUN), None)

    def _wait(self, deadline: float) -> Optional[int]:
        """The child's status; None where it had to be killed."""
        pause = 0.0005
        while True:
            try:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:
                return None
            if pid:
                return status
            if time.monotonic() > deadline:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
                return None
            time.sleep(pause)
            pause = min(pause * 2, 0.02)


def begin(identity: Optional[Identity]) -> Trial:
    """Begin the attempts of a start on this machine, as that user."""
    machine = platform.machine()
    calls = own_files.table("kernel_calls.json")["calls"]
    numbers = {name: row[machine] for name, row in calls.items() if machine in row}
    return Trial(attempts(numbers), identity)


def policy(trial: Trial) -> KernelPolicy:
    """What the attempts have shown, and what is in force by /proc (proc(5))."""
    found = trial.refusals()
    return KernelPolicy(
        refusals=found or (),
        filtered=_status("Seccomp") == "2",
        label=confinement.label(),
        unit=_unit(),
        examined=found is not None,
    )


def _status(field: str) -> str:
    lines = _text("/proc/self/status").splitlines()
    return next((line.split()[1] for line in lines if line.startswith(f"{field}:")), "")


def _unit() -> str:
    """The innermost service of the control group, but for those that hold a person's session."""
    parts = "/".join(_text("/proc/self/cgroup").split()).split("/")
    services = [part for part in parts if part.endswith(".service") and not part.startswith("user@")]
    return services[-1] if services else ""


def _text(path: str) -> str:
    try:
        return read_text(path, Limit.PROC)
    except OSError:
        return ""
