"""End a process that was examined before, and never another that has its number by now.

Standard library only.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from tritondoctor.support import proc


def kill(pid: int, is_it: Callable[[], bool]) -> bool:
    """Send SIGKILL to a process if `is_it` holds for it; return whether it was sent.

    A pidfd (Linux 5.3) stays with the process that was there when `is_it` looked; without one another may
    take its number before the signal.  Raises PermissionError where this user may not.
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
    """Wait until a process that began at `start` (start_of) is gone; return whether it is."""
    deadline = time.monotonic() + seconds
    while start and start_of(pid) == start:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start_of(pid: int) -> str:
    """Return when a process began, in the kernel's own count; "" where it is gone or dead."""
    process = proc.stat(pid)
    return "" if process is None or process.state in "ZX" else process.start


def _sent(send: Callable[[], None]) -> bool:
    try:
        send()
    except ProcessLookupError:
        return False
    return True
