"""What was typed, as the commands know it: `tritondoctor` alone is `check`, `help` is --help."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from tritondoctor.support.detail import Detail

#: what stands before any command
_OF_THE_PROGRAM = ("-h", "--help", "--version")
DETAILS = {
    "-v": Detail.FULL, "--verbose": Detail.FULL, "-q": Detail.QUIET, "--quiet": Detail.QUIET,
}  # fmt: skip


def behind(words: Sequence[str]) -> Sequence[str]:
    """The words with -v and -q that stand before a command put behind it."""
    count = next((at for at, word in enumerate(words) if word not in DETAILS), 0)
    return [*words[count:], *words[:count]]


def understood(words: Sequence[str], commands: Collection[str]) -> list[str]:
    """The words with the command in front: without one it is `check`, of a path or of options."""
    if not words:
        return ["check"]
    first, *rest = words = behind(words)
    if first == "help":
        return [*rest, "--help"]
    if first == "version":
        return ["--version"]
    if first in commands or first in _OF_THE_PROGRAM:
        return list(words)
    if first.startswith("-") or "/" in first or os.path.lexists(first):
        return ["check", *words]
    return list(words)
