"""Tracebacks as wholes: where one begins and ends, and whether Python only reports it and goes on."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from tritondoctor.logs.prefix import readings
from tritondoctor.logs.recognise import SignOccurrence

_BEGINS = re.compile(r"Traceback \(most recent call last\)")
#: the last line of a traceback; Python's own exceptions and those of packages
_EXCEPTION = re.compile(
    r"(?!Error:)(?:\w+\.)*\w*(?:Error|Exception|Warning|Exit|Interrupt|NotFound|Iteration|Closed|Code_\d+|"
    r"Exception_\w+|timeout|Empty)(?::|\s*$)"
)
_FRAME = re.compile(r"(?:^|[:|\]] ?)\s{2,}\S")
_STOPPED = re.compile(r"\n(?:KeyboardInterrupt|SystemExit)\b[^\n]*\Z")
#: a line of tritonserver, which may stand in the middle of a traceback of Python
_SERVERS = re.compile(r"[IWEF]\d{4} \d\d:\d\d:")
#: a traceback is followed by another one, which belongs to it
_CHAINED = re.compile(r"During handling of the above|The above exception was")
_LONGEST = 120
#: numpy/core/__init__.py, some lines after the one that ends the traceback
_ADVICE = "The Python version is: "
_LONGEST_ADVICE = 30
_CHAIN = 4


class TracebackPart(NamedTuple):
    """A line inside a traceback: the line that declares it harmless, and at its end all of its lines."""

    opener: Optional[SignOccurrence]
    whole: str

    @property
    def uncaught(self) -> bool:
        """Whether it ended a program: it came out of the program's first frame, and is no Ctrl-C."""
        return self.opener is None and ", in <module>\n" in self.whole and not _STOPPED.search(self.whole)


class Tracebacks:
    """Follows the lines of a log; every line is shown to `take` while one is `open`."""

    def __init__(self) -> None:
        self._opener: Optional[SignOccurrence] = None
        self._lines: list[str] = []
        self._inside = False
        self._last: Optional[int] = None
        self._ended: Optional[int] = None

    @property
    def open(self) -> bool:
        """Whether the next lines have to be shown to `take`."""
        return self._inside or self._last is not None

    def begin(self, opener: SignOccurrence) -> None:
        """What follows is declared harmless by this line."""
        self._opener, self._lines, self._inside, self._last = opener, [], True, None

    def take(self, text: str, number: int) -> Optional[TracebackPart]:
        """Return what the line is a part of, if it is one."""
        if self._last is not None and self._follows(text, number):
            self._inside, self._last = True, None
            return TracebackPart(self._opener, "")
        if _BEGINS.search(text):
            if not self._inside:
                self._opener, self._lines = None, []
            self._inside, self._last = True, None
            return TracebackPart(self._opener, "")
        if not self._inside or _SERVERS.match(text):
            return None
        if text.strip():
            self._lines.append(text)
        if len(self._lines) > _LONGEST:
            self._inside = False
            return None
        if any(_EXCEPTION.match(reading) for reading in readings(text)):
            self._inside, self._last, self._ended = False, number, number
            return TracebackPart(self._opener, "\n".join(self._lines))
        return TracebackPart(self._opener, "") if _FRAME.search(text) else None

    def with_advice(self, text: str, number: int) -> str:
        """The traceback before a line of the advice that NumPy prints as its message, and the line."""
        if _ADVICE not in text or self._ended is None or number > self._ended + _LONGEST_ADVICE:
            return ""
        return "\n".join((*self._lines, text))

    def _follows(self, text: str, number: int) -> bool:
        assert self._last is not None
        if number > self._last + _CHAIN:
            self._last, self._opener = None, None
            return False
        return bool(_CHAINED.search(text))
