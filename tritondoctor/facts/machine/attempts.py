"""What a start asks of the kernel, each tried in a way that changes nothing.

A system call is made with arguments that it must refuse for another reason than a policy does (a bad
descriptor, a bad address): an error that only a filter or another kernel gives (EPERM, ENOSYS) then
tells it.  Where arguments decide, the thing itself is done.  Runs in a child; standard library only.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import socket
import struct
import termios
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import msgspec

from tritondoctor.support.errno_names import errno_name

#: what the kernel itself answers to the arguments below, on no machine
REFUSALS = frozenset({"EPERM", "EACCES", "ENOSYS"})
_SHARED_MEMORY = "/dev/shm"
_FUTEX_WAKE = 1
#: without CLONE_VM it is not valid (clone(2))
_CLONE_SIGHAND = 0x800
_PATIENCE_S = 0.5


#: connections at a time; each takes a port of ip_local_port_range (ip(7)), as their listener does.
#: Measured: a start fails with three ports and serves with four
CONNECTIONS, AT_A_TIME = "connect(127.0.0.1), several", 3
#: more than one packet of the loopback interface (its MTU is 65,536): a queue that holds traffic back
#: (tc-tbf(8)) drops one that is larger than its burst.  The receiver's buffer takes it (tcp(7), tcp_rmem)
TRANSFER, _TRANSFER = "send(127.0.0.1), 64 KiB", 1 << 16
#: close at once, without TIME_WAIT: nothing is left (socket(7), SO_LINGER)
AT_ONCE = struct.pack("ii", 1, 0)


class Attempt(msgspec.Struct, frozen=True):
    """Something to try: raises OSError where it fails, with the kernel's error."""

    call: str
    run: Callable[[], object]


def attempts(numbers: Mapping[str, int]) -> tuple[Attempt, ...]:
    """All of them; `numbers` are the system calls of a start, by their names on this machine."""
    return (
        *(Attempt(name, _raw(name, number)) for name, number in numbers.items()),
        Attempt("pthread_create", _thread),
        Attempt("socket(AF_UNIX)", lambda: socket.socket(socket.AF_UNIX).close()),
        Attempt("socketpair(AF_UNIX)", _pair),
        Attempt("socket(AF_INET)", lambda: socket.socket(socket.AF_INET).close()),
        Attempt("ioctl(FIONBIO)", _not_blocking),
        Attempt("setsockopt(SO_REUSEADDR)", _option(socket.SOL_SOCKET, socket.SO_REUSEADDR)),
        Attempt("setsockopt(TCP_NODELAY)", _option(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
        Attempt("connect(127.0.0.1)", _conversation),
        Attempt(CONNECTIONS, _connections),
        Attempt(TRANSFER, _transfer),
        Attempt("openpty", _terminal),
        Attempt("flock(LOCK_EX)", _lock),
        Attempt("mmap(MAP_SHARED)", _shared_memory),
    )


_LIBC = ctypes.CDLL(None, use_errno=True)


def _called(result: int) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _raw(name: str, number: int) -> Callable[[], None]:
    """A call with arguments that are none, or those that do nothing."""
    call = _LIBC.syscall
    call.restype = ctypes.c_long
    given = _HARMLESS.get(name, lambda: (-1,) * 6)

    def run() -> None:
        try:
            _called(call(ctypes.c_long(number), *map(ctypes.c_long, given())))
        except OSError as failure:
            if errno_name(failure) in REFUSALS:
                raise

    return run


_WORD = ctypes.c_int(0)
#: this process's group: no id is asked for, and no signal is sent
_OURSELVES = 0
#: calls that would do something with -1 or answer ENOSYS to it, and those whose arguments filters judge
#: (RestrictSUIDSGID=, RestrictNamespaces=, RestrictRealtime=, MemoryDenyWriteExecute=)
_HARMLESS: Mapping[str, Callable[[], tuple[int, ...]]] = {
    "brk": lambda: (0,),
    "chmod": lambda: (-1, 0o600),
    "clone": lambda: (_CLONE_SIGHAND, 0, 0, 0, 0),
    "clone3": lambda: (0, 0),
    "fchmod": lambda: (-1, 0o600),
    "futex": lambda: (ctypes.addressof(_WORD), _FUTEX_WAKE, 0),
    "kill": lambda: (_OURSELVES, 0),
    "mkdir": lambda: (-1, 0o700),
    "mmap": lambda: (0, 0, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0),
    "mprotect": lambda: (-1, 0, mmap.PROT_READ),
    "openat": lambda: (-1, -1, os.O_RDONLY, 0),
    "sched_setscheduler": lambda: (-1, os.SCHED_OTHER, -1),
}


def _thread() -> None:
    """pthread_create(3), which returns its error; a thread that runs free(NULL) and ends."""
    thread = ctypes.c_ulong()
    start = ctypes.cast(_LIBC.free, ctypes.c_void_p)
    failure = _LIBC.pthread_create(ctypes.byref(thread), None, start, None)
    if failure:
        raise OSError(failure, os.strerror(failure))
    _LIBC.pthread_join(thread, None)


def _pair() -> None:
    for end in socket.socketpair():
        end.close()


def _not_blocking() -> None:
    """How CPython and gRPC make a socket that does not wait."""
    ours, theirs = os.pipe()
    try:
        fcntl.ioctl(ours, termios.FIONBIO, struct.pack("i", 1))
    finally:
        os.close(ours)
        os.close(theirs)


def _option(level: int, name: int) -> Callable[[], None]:
    def run() -> None:
        with socket.socket() as made:
            made.setsockopt(level, name, 1)

    return run


def _conversation() -> None:
    """A byte through the loopback interface, as every request goes."""
    with socket.socket() as server, socket.socket() as client:
        for end in (server, client):
            end.settimeout(_PATIENCE_S)
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        client.connect(server.getsockname())
        with server.accept()[0] as accepted:
            accepted.settimeout(_PATIENCE_S)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            client.sendall(b".")
            accepted.recv(1)


def _connections() -> None:
    """As many as a start holds at a time, to one address."""
    with ExitStack() as made:
        server = made.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(AT_A_TIME)
        server.settimeout(_PATIENCE_S)
        for _ in range(AT_A_TIME):
            client = made.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            client.settimeout(_PATIENCE_S)
            client.connect(server.getsockname())
            made.enter_context(server.accept()[0])  # a queue may be as short as net.core.somaxconn says


def _transfer() -> None:
    """As much as a request with a small batch."""
    with ExitStack() as made:
        server, client = (made.enter_context(socket.socket()) for _ in range(2))
        for end in (server, client):
            end.settimeout(_PATIENCE_S)
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        client.connect(server.getsockname())
        accepted = made.enter_context(server.accept()[0])
        accepted.settimeout(_PATIENCE_S)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        client.setblocking(False)
        sent = client.send(bytes(_TRANSFER))
        while sent > 0:
            sent -= len(accepted.recv(sent))


def _terminal() -> None:
    """What the `sh` package does with a pseudo-terminal."""
    master, slave = os.openpty()
    try:
        termios.tcsetattr(slave, termios.TCSAFLUSH, termios.tcgetattr(slave))
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    except termios.error as failure:  # which is no OSError
        raise OSError(*failure.args) from failure
    finally:
        os.close(master)
        os.close(slave)


def _lock() -> None:
    """A lock on a pipe, which no one else knows."""
    ours, theirs = os.pipe()
    try:
        fcntl.flock(ours, fcntl.LOCK_EX)
    finally:
        os.close(ours)
        os.close(theirs)


def _shared_memory() -> None:
    """A file without a name where the server and the stub share memory."""
    descriptor = os.open(_SHARED_MEMORY, os.O_RDWR | os.O_TMPFILE, 0o600)
    try:
        os.ftruncate(descriptor, mmap.PAGESIZE)
        mmap.mmap(descriptor, mmap.PAGESIZE).close()
    finally:
        os.close(descriptor)
