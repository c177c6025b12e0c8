"""What the processes of a start wait for, where none of them moves any more.

Each process's first thread is asked what system call it is in, and on which descriptor; the process that
was started last is the one that the others wait for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from tritondoctor.checks.model import Text, listed, text
from tritondoctor.privacy.scrub import scrub
from tritondoctor.support import proc, sockets, threads
from tritondoctor.support.system_calls import name_of

_READS = {"read", "readv", "pread64", "recvfrom", "recvmsg", "accept", "accept4"}
_WRITES = {"write", "writev", "sendto", "sendmsg", "fsync"}
_POLLS = {"poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"}
_FILES = {"open", "openat", "stat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "execve"}
#: pieces of names of the kernel's functions (kernel/futex, fs/eventpoll.c, kernel/exit.c, kernel/time)
_FUNCTIONS = {"futex": "futex", "ep_poll": "epoll_wait", "poll_schedule": "poll", "do_wait": "wait4",
              "nanosleep": "nanosleep"}  # fmt: skip
_MOST_SHOWN = 4
#: connections in these states wait for somebody on the other side
_ONE_SIDED = ("SYN_SENT", "CLOSE_WAIT", "FIN_WAIT1")


class ProcessWait(NamedTuple):
    """A process, and what its first thread waits for; `stuck` where no signal reaches it (state D)."""

    pid: int
    name: str
    start: int
    state: str
    for_what: Text


def waits(pids: Sequence[int]) -> list[ProcessWait]:
    """Return what the processes wait for, the one that was started last first."""
    found = [wait for pid in pids if (wait := _wait(pid)) is not None]
    return sorted(found, key=lambda wait: (wait.state in "TtD", wait.start), reverse=True)


def lines(found: Sequence[ProcessWait]) -> tuple[Text, ...]:
    """A line for each process."""
    template = "{name} (process {pid}) waits for {what}"
    return tuple(
        text(template, name=wait.name, pid=wait.pid, what=wait.for_what) for wait in found[:_MOST_SHOWN]
    )


def _wait(pid: int) -> Optional[ProcessWait]:
    row = proc.stat(pid)
    if row is None or row.state in "ZX":
        return None
    first = next(iter(threads.threads(pid)), None)
    if first is None:
        return None
    return ProcessWait(pid, row.name, int(row.start), first.state, _for_what(pid, first))


def _for_what(pid: int, thread: threads.Thread) -> Text:
    if thread.state in "Tt":
        return text("a signal to go on: it is stopped (SIGSTOP)")
    call = name_of(thread.call.number) if thread.call is not None else _by_function(thread.waits_in)
    found = _by_call(pid, call, thread.call.first if thread.call is not None else -1)
    where = thread.waits_in or call
    if thread.state == "D":
        return text("the kernel, where no signal reaches it ({where})", where=where or "?")
    if found is None:
        return text("an event ({where})", where=where) if where else text("an event")
    return found


def _by_function(function: str) -> str:
    """The system call that a function of the kernel belongs to, where the call itself is not shown."""
    return next((call for piece, call in _FUNCTIONS.items() if piece in function), "")


def _by_call(pid: int, call: str, first: int) -> Optional[Text]:
    if call in _READS or call in _WRITES or call in ("flock", "fcntl", "connect", "ioctl"):
        return _on_descriptor(pid, call, first)
    if call in _POLLS:
        return _polled(pid)
    if call in _FILES:
        return text("a file that does not open, such as a named pipe ({call})", call=call)
    if call in ("wait4", "waitid"):
        return _children(pid)
    if call == "futex":
        return text("another of its threads (a lock)")
    if call in ("nanosleep", "clock_nanosleep", "pause", "rt_sigsuspend", "rt_sigtimedwait"):
        return text("a time or a signal ({call})", call=call)
    return None


def _on_descriptor(pid: int, call: str, descriptor: int) -> Text:
    target = threads.descriptors(pid).get(descriptor, "")
    socket = sockets.sockets(pid).get(descriptor)
    shown = _socket(socket) if socket is not None else text("{path}", path=scrub(target or "?"))
    if call in ("flock", "fcntl"):
        return text("a lock on {what}", what=shown)
    if call == "connect":
        return text("a connection: {what}", what=shown)
    if call in _WRITES:
        return text("room to write to {what}", what=shown)
    return text("data from {what}", what=shown)


def _socket(socket: sockets.Socket) -> Text:
    if socket.kind == "unix":
        return text("the socket {path}", path=scrub(socket.local))
    return text("{remote} ({kind} {state})", remote=socket.remote or socket.local, kind=socket.kind,
                state=socket.state)  # fmt: skip


def _polled(pid: int) -> Text:
    found = [socket for socket in sockets.sockets(pid).values() if socket.state in _ONE_SIDED]
    found += [
        socket for socket in sockets.sockets(pid).values() if socket.kind == "udp" and socket.remote
    ]
    if found:
        return text(
            "an answer: {sockets}", sockets=listed([_socket(socket) for socket in found[:_MOST_SHOWN]])
        )
    return text("an event on one of its sockets or pipes")


def _children(pid: int) -> Text:
    names = [row.name for row in _rows() if row.parent == pid]
    if not names:
        return text("the end of another process")
    return text("the end of {names}", names=listed(names[:_MOST_SHOWN]))


def _rows() -> Iterator[proc.ProcessStat]:
    for pid in proc.pids():
        row = proc.stat(pid)
        if row is not None:
            yield row
