"""Substrings that decide whether a line is worth comparing with the patterns of the signs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tritondoctor.logs.signs import SIGNS
from tritondoctor.logs.signs.model import Sign


def _union(signs: Iterable[Sign]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(needle for sign in signs for needle in sign.needles))


#: of the signs of causes, of failures that tell what helps, and of starts that work
STRONG = _union(
    sign for sign in SIGNS if sign.tells or sign.role in ("cause", "healthy", "begins", "stops", "passed")
)
#: of all signs, the strong ones first; a traceback is read as a whole
ALL = tuple(dict.fromkeys((*STRONG, *_union(SIGNS), b"Traceback")))
#: a level, which says nothing where all of the standard error gets it
_LEVEL = re.compile(r"\[ *error *\]|\blevel=\W?error\b|^error$")
_SUSPICIOUS = (
    "rror", "Traceback", "FATAL", "xception:", "egmentation", "Killed", "core dumped",
)  # fmt: skip


#: a line of tritonserver's (glog, also with a year) or apt's of the level "error" or "fatal"
_OF_LEVEL = re.compile(rb"(?:\b[EF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ |\dZ [EF] \d+ |^E: )")


def has_level(raw: bytes) -> bool:
    """Whether the program itself calls a line an error."""
    return _OF_LEVEL.search(raw) is not None


def suspicious(text: str) -> bool:
    """Whether a line looks like an error, recognised or not."""
    return has_level(text.encode("utf-8", "replace")) or (
        any(word in text for word in _SUSPICIOUS)
        and any(word in _LEVEL.sub("", text) for word in _SUSPICIOUS)
    )
