"""A terminal of 80 columns: what a person who types there sees."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 80, 50
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]")


class Seen(NamedTuple):
    """The rows of the screen, scrolled ones too, each of at most 80 cells, and the exit code."""

    rows: list[str]
    code: int

    @property
    def text(self) -> str:
        """All of it, as a person reads it: a row that is full goes on in the next."""
        return "".join(row if len(row) == WIDTH else f"{row}\n" for row in self.rows)


def type_there(
    words: Sequence[str],
    folder: str,
    variables: Mapping[str, str],
    *,
    keys: str = "",
    wait_s: float = 120,
) -> Seen:
    """Run a command in a real pty of 80 columns; `keys` are typed at once."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(words[0], list(words), dict(variables))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    if keys:
        os.write(terminal, keys.encode())
    text = _read(terminal, time.monotonic() + wait_s)
    os.close(terminal)
    _pid, status = os.waitpid(pid, 0)
    return Seen(_rows(text), os.waitstatus_to_exitcode(status))


def _read(terminal: int, until: float) -> str:
    read = b""
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if not ready:
            continue
        try:
            block = os.read(terminal, 1 << 16)
        except OSError:  # EIO: the other end is closed
            break
        if not block:
            break
        read += block
    return read.decode("utf-8", "replace")


def _rows(text: str) -> list[str]:
    rows = []
    for line in _CONTROLS.sub("", text).replace("\r\n", "\n").split("\n"):
        line = line.rpartition("\r")[2]
        rows += [line[at : at + WIDTH] for at in range(0, max(len(line), 1), WIDTH)]
    return rows[:-1] if rows and not rows[-1] else rows
