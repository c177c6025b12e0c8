"""Patterns, compiled when they are first needed: most texts need none."""

from __future__ import annotations

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern; letters, digits and blanks are those of ASCII."""
    return re.compile(pattern, re.ASCII)
