"""Standard input, output and errors, whatever the doctor was started with."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, Optional, TextIO


class UnwritableError(Exception):
    """Standard output takes nothing more; the message says why."""


class _Descriptor(io.FileIO):
    """One of the two to which the doctor writes, which may be closed, full, or without a reader."""

    def __init__(self, number: int, forgiving: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self._forgiving = forgiving

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as failure:
            # whoever reads no further (`| head`) has what he wanted; the exit code is the verdict's
            if self._forgiving or failure.errno == errno.EPIPE:
                return memoryview(data).nbytes
            raise UnwritableError(f"standard output: {failure.strerror}") from failure


def take_over() -> None:
    """Opens what is closed, lest a file gets its number, and lets texts through that are no text of
    this locale.
    """
    closed = [number for number in (0, 1, 2) if not _is_open(number)]
    for _ in closed:
        os.open(os.devnull if os.path.exists(os.devnull) else "/", os.O_RDONLY)
    sys.stdout = _text(1, sys.stdout, forgiving=1 in closed)
    sys.stderr = _text(2, sys.stderr, forgiving=True)  # if nobody can read it, nothing is lost


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _text(number: int, replaced: Optional[TextIO], *, forgiving: bool) -> TextIO:
    raw = _Descriptor(number, forgiving)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=replaced.encoding if replaced else "utf-8",
        errors="backslashreplace",
        line_buffering=number == 2 or raw.isatty(),
    )
