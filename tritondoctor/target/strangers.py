"""Environments that nobody named, whose Python is none: a fetched project may bring anything.

A program of the folder's own is taken for a Python by what is in it: conda's and pixi's environments are
such folders too.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from tritondoctor.support.messages import _
from tritondoctor.support.ownership import not_ours
from tritondoctor.support.reading import Limit, Reason, Unreadable, list_folder, read_bytes
from tritondoctor.target import pythons
from tritondoctor.target.model import TargetError, python_of


def in_place_of_python(prefix: str, folder: str, user: int = 0) -> str:
    """The file of an environment by which something else than a Python would be started; "" for none.

    `folder` is the project's, `user` the uid of another user who is trusted with it.
    """
    python = python_of(prefix)
    if program_of(python, folder, user):
        return python
    for bin_folder in dict.fromkeys(os.path.dirname(path) for path in (python, os.path.realpath(python))):
        for config in (f"{os.path.dirname(bin_folder)}/pyvenv.cfg", f"{bin_folder}/pyvenv.cfg"):
            if not all(_is_home(home, folder, user) for home in _homes(config)):
                return config
    return ""


def refusal(file: str, named: str) -> TargetError:
    """What to say of such a file; `named` is what to name for it to be started all the same."""
    command = f"tritondoctor check {shlex.quote(named)}"
    return TargetError(
        _("{path} does not lead to a Python interpreter of this machine, and nobody named it. If you "
          "trust what it starts: {command}", path=file, command=command)
    )  # fmt: skip


def starts_nothing_else(python: str) -> bool:
    """Whether it is a Python's own program, or nothing that could be started."""
    try:
        return not os.path.isfile(python) or not os.path.getsize(python) or pythons.is_program(python)
    except OSError:
        return True


def program_of(python: str, folder: str, user: int = 0) -> bool:
    """Whether an interpreter is one that the folder brings, and no Python's own program."""
    real = os.path.realpath(python)
    inside = _is_inside(real, folder)
    if starts_nothing_else(real):
        return inside and bool(not_ours(real, user))
    return inside or not pythons.has_name(real)  # elsewhere it is a shim of the user's


def _is_home(home: str, folder: str, user: int) -> bool:
    """Whether a venv's `home` has a Python; its standard library stands beside it, and is run first."""
    if not os.path.isabs(home):
        return False
    if not _is_inside(os.path.realpath(home), folder):
        return True
    names = [name for name in _names(home) if pythons.has_name(name)]
    return bool(names) and not any(program_of(os.path.join(home, name), folder, user) for name in names)


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(os.path.realpath(folder), ""))


def _homes(config: str) -> Iterator[str]:
    """As Python reads them; one that cannot be told is no absolute path."""
    try:
        text = os.fsdecode(read_bytes(config, Limit.SETTINGS))
    except Unreadable as failure:
        if failure.reason is not Reason.MISSING:
            yield ""
        return
    for line in text.split("\n"):
        key, sign, value = line.partition("=")
        if sign and key.strip().lower() == "home":
            yield value.strip()


def _names(folder: str) -> list[str]:
    try:
        return list_folder(folder)
    except OSError:
        return []
