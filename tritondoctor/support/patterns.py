"""Regular expressions that are compiled when they are first used: a run needs few of many."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Late:
    """Has the methods of a compiled pattern."""

    def __init__(self, text: object, flags: int) -> None:
        self._given: Any = (text, flags)

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(*self._given), name)
        setattr(self, name, value)
        return value


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`; only the object itself can be used, not given to functions of `re`."""
    return cast("re.Pattern[AnyStr]", _Late(text, flags))
