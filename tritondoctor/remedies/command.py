"""Programs of others, run to their end or to a deadline."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import Optional

from tritondoctor.remedies.operations import RemedyError

DEADLINE_S = 1800
_LINES = 3


def output_of(
    command: Sequence[str],
    variables: Optional[Mapping[str, str]],
    name: str,
    deadline_s: float = DEADLINE_S,
) -> str:
    """What it prints on standard output; `variables` None: those of the doctor.

    Raises RemedyError, with the end of what it said, where it cannot be started, fails, or hangs.
    """
    try:
        done = subprocess.run(
            command, env=None if variables is None else dict(variables), cwd="/",
            stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline_s, check=False, text=True,
            errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired as hung:
        raise RemedyError(f"{name} did not end within {deadline_s / 60:.0f} minutes") from hung
    except OSError as failure:
        raise RemedyError(f"{command[0]}: {failure.strerror}") from failure
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        errors = [line.replace("ERROR: ", "") for line in lines if line.startswith("ERROR: ")][-1:]
        said = " ".join(errors or lines[-_LINES:]) or "without a message"
        raise RemedyError(f"{name} failed: {said}")
    return done.stdout
