"""Programs of others, run to their end or to a deadline."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support.hosts import another, unreachable

DEADLINE_S = 1800.0
_LINES = 3


def output_of(
    command: Sequence[str], variables: Mapping[str, str], name: str, deadline_s: float = DEADLINE_S
) -> str:
    """What it prints on standard output.

    Raises RemedyError, with the end of what it said, where it cannot be started, fails, or hangs.
    """
    try:
        process = subprocess.Popen(
            command, env=dict(variables), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
    except OSError as failure:
        raise RemedyError(f"{command[0]}: {failure.strerror}") from failure
    try:
        out, err = process.communicate(timeout=deadline_s)
    except subprocess.TimeoutExpired as hung:
        raise RemedyError(f"{name} did not end within {deadline_s:.0f} s") from hung
    finally:
        if process.returncode is None:  # with all that it has started, which would go on changing things
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode:
        lines = (err.strip() or out.strip()).splitlines()
        # pip's own lines; a traceback of its follows one that says no more than "Exception:"
        errors = [line[7:] for line in lines if line.startswith("ERROR: ") and line[-1] != ":"][-1:]
        said = " ".join(errors or lines[-_LINES:]) or "without a message"
        host = unreachable(f"{out}\n{err}")
        if host is not None:
            said = f"{said}. {another(host, conda=name != 'pip')}"
        raise RemedyError(f"{name} failed: {said}")
    return out
