"""Programs of others, run to their end or to a deadline."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Optional

from tritondoctor.remedies import survivors
from tritondoctor.remedies.manager_errors import cause_of
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support.hosts import another, unreachable

DEADLINE_S = 1800.0
#: how often a program that is still at work is mentioned
_MENTION_S = 15.0
_PR_SET_PDEATHSIG = 1


class ProgramWatch(NamedTuple):
    """Who wants to know of a program: `say` that it is still at work, `started` its process id.

    `mark` is the value of survivors.MARK for it and all that it starts.
    """

    say: Callable[[str], None] = lambda message: None
    started: Callable[[int], None] = lambda pid: None
    mark: str = ""


class ProgramResult(NamedTuple):
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str


def output_of(
    command: Sequence[str],
    variables: Mapping[str, str],
    name: str,
    deadline_s: float = DEADLINE_S,
    watch: Optional[ProgramWatch] = None,
) -> str:
    """What it prints on standard output.

    Raises RemedyError, with the cause that it names, where it cannot be started, fails, or hangs.
    """
    answer = answer_of(command, variables, name, deadline_s, watch)
    if answer.code:
        cause = cause_of(answer.out, answer.err)
        host = unreachable(f"{answer.out}\n{answer.err}")
        if host is not None:
            cause = f"{cause}. {another(host, conda=name != 'pip')}"
        raise RemedyError(f"{name} failed: {cause}")
    return answer.out


def answer_of(
    command: Sequence[str],
    variables: Mapping[str, str],
    name: str,
    deadline_s: float = DEADLINE_S,
    watch: Optional[ProgramWatch] = None,
) -> ProgramResult:
    """Runs it.  Raises RemedyError where it cannot be started, or hangs; it is ended then, with all
    that it has started, as it is where this process is stopped or dies.
    """
    watch = watch or ProgramWatch()
    environment = dict(variables)
    if watch.mark:
        environment[survivors.MARK] = watch.mark
    try:
        process = subprocess.Popen(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
            preexec_fn=_dying_with(os.getpid()),
        )  # fmt: skip
    except OSError as failure:
        raise RemedyError(f"{command[0]}: {failure.strerror}") from failure
    try:
        watch.started(process.pid)
        out, err = _communicate(process, name, deadline_s, watch.say)
    finally:
        if process.returncode is None:  # what it has started would go on changing things
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return ProgramResult(process.returncode, out, err)


def _communicate(
    process: subprocess.Popen[str], name: str, deadline_s: float, say: Callable[[str], None]
) -> tuple[str, str]:
    started = time.monotonic()
    while True:
        passed = time.monotonic() - started
        try:
            return process.communicate(timeout=min(_MENTION_S, max(deadline_s - passed, 0.01)))
        except subprocess.TimeoutExpired as waiting:
            passed = time.monotonic() - started
            if passed >= deadline_s:
                raise RemedyError(f"{name} did not end within {deadline_s:.0f} s") from waiting
            say(f"{name} is at work for {passed:.0f} s (Ctrl-C stops it and leaves all as it was)")


def _dying_with(parent: int) -> Callable[[], None]:
    """What a child does first: ask to be killed when its parent dies (prctl(2))."""
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before that
            os._exit(1)

    return ask
