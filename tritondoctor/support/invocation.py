"""How the doctor was started, so that a command it shows can be pasted into the same shell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from typing import Optional

NAME = "tritondoctor"
#: what runs a program without installing it, by a part of the path that it unpacks to
_RUNNERS = (("/archive-v0/", f"uvx {NAME}"), ("/pipx/.cache/", f"pipx run {NAME}"))


_variables: Optional[Mapping[str, str]] = None


def started(variables: Mapping[str, str]) -> None:
    """Note that the program itself was started, and with which variables."""
    global _variables
    _variables = variables


def typed(line: str) -> str:
    """A command line of the doctor's own, to be pasted into this shell; others stay as they are."""
    return line if _variables is None else command(line, program(_variables))


def program(variables: Mapping[str, str]) -> str:
    """What to type for `tritondoctor`: its name where PATH leads to it, else the way it was started."""
    started = sys.argv[0] if sys.argv else NAME
    runner = next((command for part, command in _RUNNERS if part in started), None)
    if runner is not None:
        return runner
    if os.path.basename(started) == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m {NAME}"
    found = shutil.which(os.path.basename(started), path=variables.get("PATH"))
    if found is None or not _same(found, started):
        return shlex.quote(_shown(started)) if "/" in started else NAME
    return os.path.basename(started)


def command(line: str, program: str) -> str:
    """The command line with the doctor's name replaced by `program`; others stay as they are."""
    name, blank, rest = line.partition(" ")
    return f"{program}{blank}{rest}" if name == NAME else line


def _same(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _shown(path: str) -> str:
    """The shorter of the path and its way from here."""
    try:
        below = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    below = below if below.startswith("..") else os.path.join(".", below)
    return below if len(below) < len(path) and not below.startswith("../..") else path
