"""Files that reports are written to: whole or not at all."""

from __future__ import annotations

import os
import stat


def write(path: str, content: str) -> None:
    """Writes a text file; raises OSError, and leaves what was there before in that case."""
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)  # a pipe, a terminal, a link: what it leads to stays the same
        return
    part = f"{path}.{os.getpid()}-{os.urandom(4).hex()}.part"
    # "x": what another user put there is neither written to nor removed
    with open(part, "x", encoding="utf-8", errors="backslashreplace") as file:
        try:
            file.write(content)
            file.flush()
            os.replace(part, path)
        except OSError:
            os.unlink(part)
            raise
