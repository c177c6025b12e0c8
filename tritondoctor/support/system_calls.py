"""Names of the system calls that a thread waits in, by their numbers on this machine."""

from __future__ import annotations

import functools
import platform

#: name -> numbers of x86-64 and aarch64 (asm/unistd_64.h, asm-generic/unistd.h; None: it has none)
_NUMBERS = {
    "read": (0, 63), "write": (1, 64), "open": (2, None), "stat": (4, None), "poll": (7, None),
    "ioctl": (16, 29), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "access": (21, None),
    "select": (23, None), "pause": (34, None), "nanosleep": (35, 101), "connect": (42, 203),
    "accept": (43, 202), "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211),
    "recvmsg": (47, 212), "execve": (59, 221), "wait4": (61, 260), "fcntl": (72, 25), "flock": (73, 32),
    "fsync": (74, 82), "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133), "futex": (202, 98),
    "clock_nanosleep": (230, 115), "epoll_wait": (232, None), "waitid": (247, 95), "openat": (257, 56),
    "newfstatat": (262, 79), "faccessat": (269, 48), "pselect6": (270, 72), "ppoll": (271, 73),
    "epoll_pwait": (281, 22), "accept4": (288, 242), "statx": (332, 291), "faccessat2": (439, 439),
    "epoll_pwait2": (441, 441),
}  # fmt: skip


@functools.cache
def _names() -> dict[int, str]:
    column = {"x86_64": 0, "aarch64": 1}.get(platform.machine())
    if column is None:
        return {}
    pairs = ((numbers[column], name) for name, numbers in _NUMBERS.items())
    return {number: name for number, name in pairs if number is not None}


def name_of(number: int) -> str:
    """Return the call's name; "" for one in which nothing waits."""
    return _names().get(number, "")
