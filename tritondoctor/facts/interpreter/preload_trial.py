# Run by the target's own interpreter with -I -S and its LD_PRELOAD: standard library only, syntax of
# Python 3.8.  Does through the C library what a start does, as a preloaded library sees it, and prints
# what fails: a line "call: the system's words" each, and "done" at the end.  Nothing is left.
import os
import socket
import sys


def _called(name, *arguments):
    """A function of the C library that Python has another name for (ftruncate64)."""
    try:
        import ctypes
    except ImportError:
        return
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*[ctypes.c_long(argument) for argument in arguments]) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def shared_memory():
    import _posixshmem

    name = f"/tritondoctor-{os.getpid()}"
    descriptor = _posixshmem.shm_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode=0o600)
    try:
        _posixshmem.shm_unlink(name)
        os.ftruncate(descriptor, 4096)
        _called("ftruncate", descriptor, 8192)
    finally:
        os.close(descriptor)


def connection():
    with socket.socket() as server, socket.socket() as client:
        server.settimeout(0.5)
        client.settimeout(0.5)
        server.bind(("0.0.0.0", 0))
        server.listen(1)
        client.connect(("127.0.0.1", server.getsockname()[1]))
        with server.accept()[0] as accepted:
            client.sendall(b".")
            accepted.recv(1)


def pair():
    for end in socket.socketpair():
        end.close()


def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


def program():
    child = os.fork()
    if not child:
        try:
            os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", ""])
        except OSError as failure:
            os._exit(failure.errno & 0x7F)
        os._exit(127)
    status = os.waitpid(child, 0)[1]
    if status:
        number = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        raise OSError(number, os.strerror(number) if number else f"status {status}")


def thread():
    import _thread

    lock = _thread.allocate_lock()
    lock.acquire()
    _thread.start_new_thread(lock.release, ())
    lock.acquire(True, 1)


def terminal():
    for descriptor in os.openpty():
        os.close(descriptor)


TRIALS = (
    ("malloc", lambda: bytearray(1 << 26)),
    ("fork", fork),
    ("execve", program),
    ("pthread_create", thread),
    ("shm_open", shared_memory),
    ("socketpair", pair),
    ("getaddrinfo(localhost)", lambda: socket.getaddrinfo("localhost", 0)),
    ("connect(127.0.0.1)", connection),
    ("openpty", terminal),
    ("uname", os.uname),
)

if __name__ == "__main__":
    for name, trial in TRIALS:
        try:
            trial()
        except Exception as failure:
            words = getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
            sys.stdout.write(f"{name}: {words}\n")
            sys.stdout.flush()
    sys.stdout.write("done\n")
    sys.stdout.flush()
    os._exit(0)
