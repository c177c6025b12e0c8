"""The interpreter that a script is started with, by its first line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import read_head
from tritondoctor.target import programs

_HEAD = 4096
#: pip's entry points where a path is too long or holds a blank: a shell's `exec` in the second line
_SECOND_LINE = pattern(rb"'''exec' \"?(/[^\"\n]+?)\"? \"\$0\"")


def interpreter_of(path: str, variables: Mapping[str, str]) -> Optional[str]:
    """The program that a script's first line names, which need be no Python; None where it names none."""
    try:
        head = read_head(path, _HEAD)
    except OSError:
        return None
    first, _, rest = head.partition(b"\n")
    if not first.startswith(b"#!"):
        return None
    second = _SECOND_LINE.match(rest)
    if second:
        return os.fsdecode(second[1])
    words = os.fsdecode(first[2:]).split()
    if words and os.path.basename(words[0]) == "env":
        named = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        # env itself would take it from a relative folder too, where anything may lie
        return programs.first_on_path(named[0], variables.get("PATH")) if named else None
    return words[0] if words else None
