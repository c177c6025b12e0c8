"""Runs the doctor in a Python as macOS has it: without what only Linux has, no /proc, no child."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import posix
import resource
import select
import signal
import socket
import sys
import time
from typing import Any

GONE: dict[Any, str] = {
    os: "sched_getaffinity sched_setaffinity memfd_create eventfd eventfd_read eventfd_write setns "
    "unshare pidfd_open getrandom getresuid getresgid setresuid setresgid posix_fadvise posix_fallocate "
    "copy_file_range splice O_TMPFILE O_PATH O_DIRECT O_NOATIME O_LARGEFILE O_RSYNC getxattr setxattr "
    "listxattr removexattr timerfd_create SCHED_BATCH SCHED_IDLE pipe2 fdatasync RTLD_DEEPBIND",
    fcntl: "F_SETLEASE F_GETLEASE F_NOTIFY F_SETSIG F_GETSIG F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS "
    "F_OFD_SETLK",
    select: "epoll",
    signal: "SIGSTKFLT SIGPWR SIGPOLL SIGRTMIN SIGRTMAX pidfd_send_signal sigtimedwait sigwaitinfo",
    resource: "prlimit RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_RTTIME RLIMIT_SIGPENDING "
    "RLIMIT_OFILE",
    socket: "AF_NETLINK AF_PACKET AF_VSOCK AF_ALG SO_PEERCRED SOCK_CLOEXEC SOCK_NONBLOCK",
    mmap: "MAP_POPULATE",
    time: "CLOCK_BOOTTIME",
    errno: "EHWPOISON ERFKILL ENOKEY EKEYEXPIRED EBADFD ECOMM EUNATCH",
}


def _take_out() -> None:
    for module, names in GONE.items():
        for name in names.split():
            for holder in (module, posix) if module is os else (module,):
                if hasattr(holder, name):
                    delattr(holder, name)
    sys.platform = "darwin"
    named = os.uname_result(("Darwin", "mac", "23.0", "Darwin Kernel", "arm64"))
    os.uname = lambda: named


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("open", "os.listdir", "os.scandir", "os.readlink"):
        path = arguments[0]
        if isinstance(path, str) and path.startswith(("/proc", "/sys")):
            raise FileNotFoundError(2, "No such file or directory", path)
    if event == "import" and arguments[0] in ("spwd", "pynvml"):
        raise ModuleNotFoundError(arguments[0])
    if event in ("subprocess.Popen", "ctypes.dlopen") and arguments[0] is not None:
        raise RuntimeError(f"{event}: {arguments[0]!r}")


if __name__ == "__main__":
    _take_out()
    sys.addaudithook(_refuse)
    from tritondoctor.__main__ import main

    main()
