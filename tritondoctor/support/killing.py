"""Ends a process that was looked at before, and never the one that has its number by now.

Standard library only.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable


def kill(pid: int, is_it: Callable[[], bool]) -> bool:
    """Send SIGKILL to a process once `is_it` holds for it; whether it was sent.

    A pidfd (Linux 5.3) stays with the process that was open when `is_it` looked; without one the moment
    between look and signal stays open.  Raises PermissionError where this user may not.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    except (OSError, AttributeError):
        return is_it() and _sent(lambda: os.kill(pid, signal.SIGKILL))
    try:
        return is_it() and _sent(lambda: signal.pidfd_send_signal(descriptor, signal.SIGKILL))
    finally:
        os.close(descriptor)


def wait(pid: int, start: str, seconds: float) -> bool:
    """Wait until a process that began at `start` (start_of) is gone; whether it is."""
    deadline = time.monotonic() + seconds
    while start_of(pid) == start:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start_of(pid: int) -> str:
    """When a process began, in the kernel's own count; "" where it is gone or dead (proc(5), stat)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def _sent(send: Callable[[], None]) -> bool:
    try:
        send()
    except ProcessLookupError:
        return False
    return True
