"""Starts a real PyTriton and says what came of it: the oracle for `checks/`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINEAR = Path(__file__).with_name("linear.py")
#: a sound environment serves within 10 s on two busy cores; PyTriton itself gives up after 120 s
DEADLINE_S = 50.0


@dataclass(frozen=True)
class Outcome:
    """What a real start did: whether Linear answered, after how many seconds, and its whole log."""

    served: bool
    seconds: float
    log: str


def sandbox(extra: Sequence[str] = ()) -> list[str]:
    """A command prefix with a network, process table and /dev/shm of its own (bubblewrap)."""
    return [
        shutil.which("bwrap") or "bwrap", "--dev-bind", "/", "/", "--die-with-parent",
        "--unshare-net", "--unshare-pid", "--unshare-ipc", "--proc", "/proc",
        "--perms", "1777", "--tmpfs", "/dev/shm", *extra,
    ]  # fmt: skip


def with_variables(variables: Mapping[str, str]) -> list[str]:
    """A command prefix that sets exactly these variables, behind whatever could not bear them."""
    return ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in variables.items())]


def serve_linear(
    python: str,
    variables: Mapping[str, str],
    cwd: str,
    wrap: Sequence[str],
    deadline_s: float = DEADLINE_S,
    hopeless: Callable[[str], bool] = lambda log: False,
) -> Outcome:
    """Runs the Linear quick start with exactly these variables; ends it once the outcome is known.

    `hopeless` tells, by the log so far or from outside of it, that nothing can come of it any more.
    """
    script = Path(cwd) / "linear_quick_start.py"
    if not script.exists():
        shutil.copyfile(LINEAR, script)
    began = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*wrap, *with_variables(variables), python, str(script)],
            env={"PATH": "/usr/bin:/bin"}, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        served = False
        while True:
            ended = process.poll() is not None
            log.seek(0)
            text = log.read().decode("utf-8", "replace").replace("\0", "")  # PYTHONIOENCODING=utf-16
            served = "SERVED\n" in text
            if served or ended or hopeless(text) or time.monotonic() - began > deadline_s:
                break
            time.sleep(0.1)
        seconds = time.monotonic() - began
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Outcome(served, seconds, text)
