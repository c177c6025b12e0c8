"""The only way out for text: stand-ins for standard output and standard error.

Whatever is written loses secrets and control characters, so no command can forget to remove them.
What is rendered for machines has been masked by structure, and goes through `put` unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from tritondoctor.privacy.printable import printable
from tritondoctor.privacy.scrub import scrub


def clean(text: str) -> str:
    """The text as it may be shown."""
    return printable(scrub(text))


class Outlet:
    """A text stream that cleans whole lines; the part of a line goes out when it is flushed.

    It is no terminal and has no buffer of bytes, so that nobody styles or writes past it.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._rest = ""
        self.own_words = False

    def write(self, text: str) -> int:
        """Writes what is complete."""
        if self.own_words:
            return self.stream.write(text)
        lines, end, self._rest = (self._rest + text).rpartition("\n")
        if end:
            self.stream.write(clean(lines) + end)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Writes each."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Writes the part of a line that waits."""
        rest, self._rest = self._rest, ""
        if rest:
            self.stream.write(clean(rest))
        self.stream.flush()

    def isatty(self) -> bool:
        """Whether it shall be styled: only what the doctor itself says."""
        return self.own_words and self.stream.isatty()

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.stream, name)


def install() -> None:
    """Puts outlets in the place of standard output and errors; support/ending.py flushes them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, Outlet):
            setattr(sys, name, Outlet(stream))


@contextmanager
def own_words() -> Iterator[None]:
    """For what holds no word of anybody else's, as the help does: it may be styled."""
    outlet: Any = sys.stdout
    outlet.flush()
    outlet.own_words = True
    try:
        yield
    finally:
        outlet.own_words = False


def stream_of(name: str) -> TextIO:
    """The stream behind an outlet, for what has been cleaned; `name` is `stdout` or `stderr`."""
    outlet: Any = getattr(sys, name)
    if not isinstance(outlet, Outlet):
        return outlet  # type: ignore[no-any-return]
    outlet.flush()
    return outlet.stream


def put(text: str) -> None:
    """Prints what was masked by structure and made printable already."""
    stream_of("stdout").write(text)
