"""Children of the doctor: bounded in time and output, and ended with all that they have started.

Each has a session of its own, so that neither a terminal nor a signal to the doctor's group reaches it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Optional

#: bytes that are kept of each stream; who prints more is ended
MOST_BYTES = 1 << 20
_LOOK_EVERY_S = 0.05
_GRACE_S = 0.5
_BLOCK = 1 << 16
_PR_SET_PDEATHSIG = 1
#: what a filter of system calls answers
_OF_FILTERS = (errno.EPERM, errno.EACCES, errno.ENOSYS)

#: called once a second with the seconds waited so far, and with None when it is over
Waiting = Callable[[Optional[float]], None]


class Identity(NamedTuple):
    """The user that a child runs as; `name` is "" where the uid has no account."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    name: str = ""
    home: str = "/"


Stopped = Literal["ended", "complete", "deadline", "flood", "memory"]


class Outcome(NamedTuple):
    """What a child printed, and why reading stopped.

    `code` is its exit status (negative: a signal) where it ended by itself, else None.
    """

    out: bytes
    err: bytes
    code: Optional[int]
    stopped: Stopped


class Child:
    """A program that is read until it ends, its answer is complete, or a limit is reached."""

    def __init__(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        *,
        cwd: str = "/",
        identity: Optional[Identity] = None,
        most_bytes: int = MOST_BYTES,
        most_memory: Optional[int] = None,
        dies_with_parent: bool = False,
    ) -> None:
        """Start it.  Raises OSError where it cannot be started or cannot become that user.

        `most_memory` bounds what it fills, not what it reserves, of which an address sanitizer's library
        takes terabytes (RLIMIT_AS, RLIMIT_DATA).
        `dies_with_parent`: the kernel kills it, but nothing that it has started, when this process dies.
        """
        self._most, self._most_memory = most_bytes, most_memory
        self._texts: dict[int, bytearray] = {}

        def start(*, session: bool) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command, env=dict(variables), cwd=cwd, start_new_session=session,
                stdin=subprocess.PIPE,  # /dev/null may be missing
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                user=identity.uid if identity else None, group=identity.gid if identity else None,
                extra_groups=identity.groups if identity else None,
                preexec_fn=_die_with(os.getpid()) if dies_with_parent else None,
            )  # fmt: skip

        try:
            self._process = start(session=True)
        except OSError as failure:
            if failure.errno not in _OF_FILTERS:
                raise
            self._process = start(session=False)  # setsid(2) alone may be refused
        assert self._process.stdin is not None
        self._process.stdin.close()

    @property
    def pid(self) -> int:
        """Its process id, which is its group's and its session's too."""
        return self._process.pid

    def outcome(
        self,
        deadline_s: float,
        *,
        complete: Optional[Callable[[bytes], bool]] = None,
        waiting: Waiting = lambda seconds: None,
    ) -> Outcome:
        """Reads it for at most `deadline_s` from now and ends it, with what it leaves behind."""
        try:
            stopped = self._read(deadline_s, complete, waiting)
            if stopped == "complete":
                self._wait(_GRACE_S)
            ended = self._has_ended()
        finally:
            waiting(None)
            self.end()
        out, err = (bytes(text) for text in self._texts.values())
        return Outcome(out, err, self._process.returncode if ended else None, stopped)

    def _read(
        self, deadline_s: float, complete: Optional[Callable[[bytes], bool]], waiting: Waiting
    ) -> Stopped:
        assert self._process.stdout is not None and self._process.stderr is not None
        out, err = self._process.stdout.fileno(), self._process.stderr.fileno()
        self._texts = {out: bytearray(), err: bytearray()}
        began = reported = time.monotonic()
        waited = 0.0  # at least; the clock may stand still
        with selectors.DefaultSelector() as selector:
            for descriptor in (out, err):
                selector.register(descriptor, selectors.EVENT_READ)
            while (now := time.monotonic()) < began + deadline_s and waited < deadline_s:
                if now >= reported + 1:
                    reported = now
                    waiting(now - began)
                if not selector.get_map():
                    pause = min(began + deadline_s, reported + 1) - now
                    self._wait(pause)
                    waited += 0 if self._has_ended() else pause
                ended = self._has_ended()  # what it printed before that is in the pipes
                ready = selector.select(0 if ended else _LOOK_EVERY_S) if selector.get_map() else []
                if selector.get_map() and not ready and not ended:
                    waited += _LOOK_EVERY_S
                for key, _ in ready:
                    self._take(key.fd, selector)
                if ready and complete is not None and complete(bytes(self._texts[out])):
                    return "complete"
                if any(len(text) > self._most for text in self._texts.values()):
                    return "flood"
                if self._most_memory is not None and _memory_of(self.pid) > self._most_memory:
                    return "memory"
                if ended and not ready:
                    return "ended"
        return "deadline"

    def _take(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        data = os.read(descriptor, _BLOCK)
        self._texts[descriptor] += data
        if not data:
            selector.unregister(descriptor)

    def _has_ended(self) -> bool:
        """Asked without reaping it, so that its process group's number stays its own."""
        try:
            seen = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        except OSError:  # a filter refuses waitid(2)
            return self._process.poll() is not None
        return seen is not None

    def _wait(self, seconds: float) -> None:
        end, pause, waited = time.monotonic() + seconds, 0.0005, 0.0
        while waited < seconds and time.monotonic() < end and not self._has_ended():
            _pause(pause)
            waited += pause
            pause = min(pause * 2, _LOOK_EVERY_S)

    def end(self) -> None:
        """Kill what is left of its process group; a process that waits in the kernel is left to it."""
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            try:
                self._process.kill()  # where it has no group of its own
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                pass
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def _memory_of(pid: int) -> int:
    """The bytes that a process fills (proc_pid_statm(5)); 0 where it cannot be seen."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _pause(seconds: float) -> None:
    """By a wait for nothing: time.sleep waits for a time of the clock, which may stand still."""
    try:
        select.select((), (), (), seconds)
    except OSError:  # a filter refuses pselect6(2)
        time.sleep(seconds)


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does first: ask to be killed when its parent dies (prctl(2))."""
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before that
            os._exit(1)

    return ask


def run(
    command: Sequence[str],
    variables: Mapping[str, str],
    deadline_s: float,
    *,
    cwd: str = "/",
    identity: Optional[Identity] = None,
    most_bytes: int = MOST_BYTES,
) -> Outcome:
    """Starts a program and reads it to its end or to a limit.  Raises OSError as `Child` does."""
    child = Child(command, variables, cwd=cwd, identity=identity, most_bytes=most_bytes)
    return child.outcome(deadline_s)


def tries_as(identity: Identity, attempt: Callable[[], bool]) -> bool:
    """Whether a copy of this process can become that user, and `attempt` succeeds there."""
    pid = os.fork()
    if pid == 0:
        succeeded = False
        try:
            become(identity)
            succeeded = attempt()
        finally:
            os._exit(0 if succeeded else 1)
    return os.waitpid(pid, 0)[1] == 0


def become(identity: Identity) -> None:
    """Makes this process that user's, for good.  Raises OSError where the kernel does not allow it."""
    os.setgroups(identity.groups)
    os.setgid(identity.gid)
    os.setuid(identity.uid)
    if os.getresuid() != (identity.uid,) * 3 or os.getresgid() != (identity.gid,) * 3:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
