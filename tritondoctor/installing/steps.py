"""Installers whose output is shown line by line while they run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import textwrap
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from tritondoctor.installing import InstallError
from tritondoctor.remedies.mirrors import of_another
from tritondoctor.support import staging
from tritondoctor.support.hosts import unreachable

_TAIL, _MOST, _LONGEST = 16, 700, 1 << 16
_COMPLAINTS = ("error", "× ", "failed", "os error")


def follow(
    command: Sequence[str], variables: Mapping[str, str], name: str, say: Callable[[str], None]
) -> None:
    """Run a program; an interruption ends it with all that it has started.  It inherits
    the lock of the place (place.py).

    Raises InstallError with the end of its output where it fails.
    """
    with contextlib.ExitStack() as end:
        try:
            environment = end.enter_context(staging.for_programs(variables))
            process = subprocess.Popen(
                command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
                close_fds=False,
            )  # fmt: skip
        except OSError as failure:
            raise InstallError(f"{failure.filename or command[0]}: {failure.strerror}") from failure
        last = _shown(process, say)
    if process.returncode:
        raise InstallError(f"{name} failed: {_advised(_cause(last), name)}")


def _shown(process: subprocess.Popen[str], say: Callable[[str], None]) -> list[str]:
    """Show what a program prints until it ends, and return its last lines."""
    out = process.stdout
    assert out is not None
    last: deque[str] = deque(maxlen=_TAIL)
    ended = False
    try:
        for line in iter(lambda: out.readline(_LONGEST), ""):
            if line.strip():
                last.append(line.strip())
                say(line.strip())
        ended = True
    finally:
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
        out.close()
        process.wait()
    return list(last)


def _advised(cause: str, name: str) -> str:
    """The cause, and how to go to another host where the one that it names is not reached."""
    host = unreachable(cause)
    if host is None:
        return cause
    return f"{cause}. {of_another(host, 'uv' if name == 'uv' else 'pip')}"


def _cause(lines: list[str]) -> str:
    """The end of the output, from the first error line on."""
    first = next((number for number, line in enumerate(lines) if line.lower().startswith(_COMPLAINTS)), 0)
    complaint = " ".join(lines[first:]).replace("ERROR: ", "")
    return textwrap.shorten(complaint, _MOST) if complaint else "without a message"
