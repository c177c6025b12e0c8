"""The one owner of this process' signals."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Optional

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LATER_S = 0.005


class Interrupted(SystemExit):
    """Somebody ends the doctor; the exit code is 128 and the signal's number, as a shell has it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def take_over() -> None:
    """Lets Ctrl-C, SIGTERM and SIGHUP raise `Interrupted` in the main thread.

    What was ignored by who started us (`nohup`, a job in the background) stays ignored, but for
    SIGCHLD: ignored, it hides exit codes.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: Optional[FrameType]) -> None:
    if _is_importing(frame):
        _interrupt_later(number)
        return
    for other in (signal.SIGTERM, signal.SIGHUP):  # a second one would break what the first puts in order
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted(number)


def _is_importing(frame: Optional[FrameType]) -> bool:
    """Whether a module is imported: a class that is half made ends the process later (msgspec)."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _interrupt_later(number: int) -> None:
    signal.signal(signal.SIGALRM, lambda _, frame: _interrupt(number, frame))
    signal.setitimer(signal.ITIMER_REAL, _LATER_S)


def ignore() -> None:
    """The work is done: what comes now changes nothing any more."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held() -> Iterator[None]:
    """Meanwhile none is delivered, also none put off by an import; what came is delivered at the end."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (*_ENDING, signal.SIGALRM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@contextmanager
def collected() -> Iterator[list[int]]:
    """Meanwhile they raise nothing; the list has the numbers of those that came."""
    numbers: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: numbers.append(number)) for number in _ENDING
    }
    try:
        yield numbers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
