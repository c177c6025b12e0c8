"""What a reader keeps of a log: recognised and suspicious lines, each with its last repetition."""

from __future__ import annotations

import re
from typing import NamedTuple

from tritondoctor.logs.recognise import SignOccurrence

_MOST_KEPT = 400
_LOADED = re.compile(r"(?:failed to load|load failed for model|ully loaded) '([^']+)'")
#: lines that open a report of Python's; more than so many are not followed one by one
_MOST_OPENED = 300


class Hit(NamedTuple):
    """A recognised line, its number, and the number of the last line that repeats it."""

    number: int
    seen: SignOccurrence
    last: int

    @property
    def model(self) -> str:
        """The model that the line is about; empty if it names none."""
        match = _LOADED.search(self.seen.line)
        return match[1] if match else ""


class Kept:
    """The lines kept so far; a line is known by its shape, which similar lines share."""

    def __init__(self) -> None:
        self.suspects: list[tuple[int, str]] = []
        self.suspects_in_all = 0
        self.last_suspect = 0
        self.last_uncaught = 0
        self._hits: list[Hit] = []
        self._last: list[int] = []
        self._hits_of: dict[int, list[int]] = {}
        self._suspect_shapes: set[int] = set()
        self._again: set[int] = set()
        self._opened = 0

    def hit(self, shape: int, number: int, occurrence: SignOccurrence) -> None:
        """Keep a recognised line; of many, the first."""
        self._again.discard(shape)
        if occurrence.opens:
            self._again.add(shape)
            self._opened += 1
        for index in self._hits_of.get(shape, ()):
            known = self._hits[index].seen
            if (known.id, known.role, known.fields) == (
                occurrence.id,
                occurrence.role,
                occurrence.fields,
            ):
                self._last[index] = number
                return
        if len(self._hits) < _MOST_KEPT:
            self._hits_of.setdefault(shape, []).append(len(self._hits))
            self._hits.append(Hit(number, occurrence, number))
            self._last.append(number)

    def suspect(self, shape: int, number: int, text: str) -> None:
        """Keep a line that looks like an error."""
        self.suspects_in_all += 1
        self.last_suspect = number
        self._suspect_shapes.add(shape)
        if len(self.suspects) < _MOST_KEPT:
            self.suspects.append((number, text))

    def reported(self, shape: int) -> None:
        """A line counts as harmless where it stands; elsewhere it would not."""
        if shape not in self._hits_of:
            self._again.add(shape)

    def seen_again(self, shape: int, number: int, raw: bytes) -> bool:
        """Note that a line repeats a known one; False if it differs from it in what matters."""
        if shape in self._again and self._opened < _MOST_OPENED:
            return False
        if shape in self._suspect_shapes:
            self.last_suspect = number
        for index in self._hits_of.get(shape, ()):
            if self._hits[index].model.encode() not in raw:
                return False
            self._last[index] = number
        return True

    def tells(self) -> bool:
        """Whether a line names a cause that is more than a crash, or shows a start that works."""
        return any(
            (hit.seen.tells and not hit.seen.weak)
            or hit.seen.role in ("healthy", "begins")
            or (hit.seen.role == "cause" and not hit.seen.weak)
            for hit in self._hits
        )

    def hits(self) -> list[Hit]:
        """The recognised lines in the log's order."""
        return [hit._replace(last=last) for hit, last in zip(self._hits, self._last)]
