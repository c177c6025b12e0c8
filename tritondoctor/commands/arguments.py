"""What was typed, as the commands know it: `tritondoctor` alone is `check`, `help` is --help."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

#: what stands before any command
_OF_THE_PROGRAM = ("-h", "--help", "--version")


def understood(words: Sequence[str], commands: Collection[str]) -> list[str]:
    """The words with the command in front: without one it is `check`, of a path or of options."""
    if not words:
        return ["check"]
    first, *rest = words
    if first == "help":
        return [*rest, "--help"]
    if first == "version":
        return ["--version"]
    if first in commands or first in _OF_THE_PROGRAM:
        return list(words)
    if first.startswith("-") or "/" in first or os.path.lexists(first):
        return ["check", *words]
    return list(words)
