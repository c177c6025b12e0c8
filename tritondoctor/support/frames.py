"""Room for the frames of deep calls, which CPython 3.11 and later map and unmap again and again.

Frames stand in pieces of 16 KiB.  A call that crosses the end of one maps another, and its return unmaps
it (CPython's Python/pystate.c, `push_chunk`, `_PyThreadState_PopFrame`): where a loop stands just below
that end, at each turn.  A frame that asks for more gets a piece that is large enough, twice as large as
needed at most, and what it does not use is for those that it calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

#: slots of 8 bytes: a little above half of a piece of 512 KiB, so that the other half is left
_SLOTS = 33_000


def with_room(work: Callable[[], None]) -> None:
    """Call it with room for the frames of all that it calls."""
    work()


if sys.version_info >= (3, 11):
    with_room.__code__ = with_room.__code__.replace(co_stacksize=_SLOTS)
