"""How the process ends: with the doctor's own exit code, in one line, never with a traceback."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

from tritondoctor.support import shortage, signals
from tritondoctor.support.streams import UnwritableError

FAILED = 3


@contextmanager
def in_order() -> Iterator[None]:
    """Ends the process after what stands in it, and says why where that failed.

    It never goes back to Python's own end: there PYTHONINSPECT asks for commands, and a full disk is a
    traceback.
    """
    failure: Optional[BaseException] = None
    try:
        yield
    except BaseException as raised:
        failure = _interruption_behind(raised) or raised
    signals.ignore()
    os._exit(_exit_code(failure))


def _interruption_behind(raised: BaseException) -> Optional[signals.Interrupted]:
    """A signal that comes while a class is made is a RuntimeError until Python 3.12 (`type.__new__`)."""
    behind: Optional[BaseException] = raised
    while behind is not None and not isinstance(behind, signals.Interrupted):
        behind = behind.__cause__ or behind.__context__
    return behind


def _exit_code(failure: Optional[BaseException]) -> int:
    """Puts in order what is registered for the end, and says what is left to say."""
    atexit._run_exitfuncs()
    sys.stderr.flush()
    try:
        sys.stdout.flush()
    except UnwritableError as unwritable:
        failure = unwritable
    if isinstance(failure, signals.Interrupted):
        _say("interrupted.")
    if failure is None or isinstance(failure, SystemExit):
        return _number(failure)
    if isinstance(failure, KeyboardInterrupt):
        return 130
    if os.environ.get("TRITONDOCTOR_DEBUG"):
        import traceback

        traceback.print_exception(type(failure), failure, failure.__traceback__)
    _say(_why(failure))
    return FAILED


def _number(end: Optional[SystemExit]) -> int:
    code = end.code if end else 0
    if isinstance(code, str):
        _say(code)
    return 1 if isinstance(code, str) else code or 0


def _why(failure: BaseException) -> str:
    if isinstance(failure, UnwritableError):
        return f"{failure}."
    if shortage.is_shortage(failure):
        return f"{shortage.words_of(failure)}."
    return (
        f"it failed itself: {type(failure).__name__}: {failure}. Please report it with what "
        "TRITONDOCTOR_DEBUG=1 prints."
    )


def _say(text: str) -> None:
    sys.stderr.write(f"tritondoctor: {text}\n")
    sys.stderr.flush()
