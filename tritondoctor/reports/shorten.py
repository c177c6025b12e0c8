"""One line of evidence: what does not fit is shortened in its paths first, then at its end."""

from __future__ import annotations

import posixpath
import re

from rich.cells import cell_len, set_cell_size

#: ASCII, as every sign of the console report
ELLIPSIS = "..."
#: a path with at least two folders above its last part
_PATH = re.compile(r"[^\s:,;'\"`()]*/[^\s:,;'\"`()]+/[^\s:,;'\"`()]+")


def shortened(line: str, cells: int) -> str:
    """The line in at most `cells`: the longest paths keep their last two parts, then their last one."""
    for parts in (2, 1):
        while cell_len(line) > cells:
            shorter = _without_longest(line, parts)
            if shorter == line:
                break
            line = shorter
    if cell_len(line) <= cells:
        return line
    return set_cell_size(line, max(cells - len(ELLIPSIS), 1)).rstrip() + ELLIPSIS


def _without_longest(line: str, parts: int) -> str:
    """The line with its longest path that can be shortened to so many last parts."""
    found = [match for match in _PATH.finditer(line) if _tail(match[0], parts) != match[0]]
    if not found:
        return line
    longest = max(found, key=lambda match: len(match[0]))
    return line[: longest.start()] + _tail(longest[0], parts) + line[longest.end() :]


def _tail(path: str, parts: int) -> str:
    tail = "/".join([ELLIPSIS, *posixpath.normpath(path).split("/")[-parts:]])
    return tail if len(tail) < len(path) else path
