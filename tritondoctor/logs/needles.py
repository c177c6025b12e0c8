"""Substrings that decide whether a line is worth comparing with the patterns of the signs."""

from __future__ import annotations

from collections.abc import Iterable

from tritondoctor.logs.signs import SIGNS
from tritondoctor.logs.signs.model import Sign


def _union(signs: Iterable[Sign]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(needle for sign in signs for needle in sign.needles))


#: of the signs of causes and of starts that work
STRONG = _union(sign for sign in SIGNS if sign.role in ("cause", "healthy", "begins", "stops"))
#: of all signs, the strong ones first; a traceback is read as a whole
ALL = tuple(dict.fromkeys((*STRONG, *_union(SIGNS), b"Traceback")))
#: lines that look like errors, whether or not a sign matches them
SUSPICIOUS = (
    "rror", "Traceback", "FATAL", "xception:", "egmentation", "Killed", "core dumped",
)  # fmt: skip
