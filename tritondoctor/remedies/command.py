"""Package managers and other programs, run to their end or to a deadline."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Optional

from tritondoctor.remedies import survivors
from tritondoctor.remedies.manager_errors import cause_of
from tritondoctor.remedies.mirrors import Program, of_another
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support import staging
from tritondoctor.support.hosts import unreachable
from tritondoctor.support.processes import Child

DEADLINE_S = 1800.0
#: how often a program that is still running is mentioned
_MENTION_S = 15.0
#: a front end's dry run of a large environment prints a few MiB of JSON
_MOST_BYTES = 64 << 20


class ProgramWatch(NamedTuple):
    """Who wants to know of a program: `say` that it is still running, `started` its process id, `runs`
    about every second that it does.

    `mark` is the value of survivors.MARK for it and all that it starts.
    """

    say: Callable[[str], None] = lambda message: None
    started: Callable[[int], None] = lambda pid: None
    mark: str = ""
    runs: Callable[[], None] = lambda: None


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
    """Run a program and return its standard output.

    Raises RemedyError as result_of does, and where it fails, with the cause that it names.
    """
    result = result_of(command, variables, name, deadline_s, watch)
    if result.code:
        raise failure_of(result, name)
    return result.out


def failure_of(result: ProgramResult, name: str) -> RemedyError:
    """The error of a program that failed: the cause that it names, and the host that it did not reach."""
    cause = cause_of(result.out, result.err)
    host = unreachable(f"{result.out}\n{result.err}")
    if host is not None:
        program: Program = "pip" if name == "pip" else "uv" if name == "uv" else "conda"
        cause = f"{cause}. {of_another(host, program)}"
    return RemedyError(f"{name} failed: {cause}")


def result_of(
    command: Sequence[str],
    variables: Mapping[str, str],
    name: str,
    deadline_s: float = DEADLINE_S,
    watch: Optional[ProgramWatch] = None,
) -> ProgramResult:
    """Run a program and return what it printed.

    It is ended, with all that it has started, when this process is stopped, and it dies with this
    process.  Raises RemedyError where it cannot be started, hangs, or prints without end.
    """
    watch = watch or ProgramWatch()
    marked = {**variables, survivors.MARK: watch.mark} if watch.mark else variables
    with contextlib.ExitStack() as end:
        try:
            environment = end.enter_context(staging.for_programs(marked))
            child = Child(command, environment, most_bytes=_MOST_BYTES, dies_with_parent=True)
        except OSError as failure:
            raise RemedyError(f"{failure.filename or command[0]}: {failure.strerror}") from failure
        end.callback(child.end)
        watch.started(child.pid)
        outcome = child.outcome(deadline_s, waiting=_Mentions(name, watch))
    if outcome.stopped == "deadline":
        raise RemedyError(f"{name} did not end within {deadline_s:.0f} s")
    if outcome.code is None:
        raise RemedyError(f"{name} printed more than {_MOST_BYTES >> 20} MiB and was ended")
    texts = (text.decode("utf-8", "replace") for text in (outcome.out, outcome.err))
    return ProgramResult(outcome.code, *texts)


class _Mentions:
    """Tell from time to time that a program is still running."""

    def __init__(self, name: str, watch: ProgramWatch) -> None:
        self._name, self._watch = name, watch
        self._next = _MENTION_S

    def __call__(self, seconds: Optional[float]) -> None:
        self._watch.runs()
        if seconds is not None and seconds >= self._next:
            self._next = seconds + _MENTION_S
            self._watch.say(
                f"{self._name} has been running for {seconds:.0f} s (Ctrl-C stops it and undoes its work)"
            )
