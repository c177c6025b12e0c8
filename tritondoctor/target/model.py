"""The target of an examination, and what the command line says of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, Optional

import msgspec

from tritondoctor.support.errors import UsageError
from tritondoctor.support.reading import Limit, read_text

if TYPE_CHECKING:
    from tritondoctor.support.processes import Identity

#: how long an interpreter may take to answer, on a cold network file system too
DEADLINE_S = 30.0
Kind = Literal["conda", "venv", "virtualenv", "uv", "pyenv", "system", "unknown"]


class TargetError(UsageError):
    """The options name no environment; the message says what was wrong and what to do."""


class Target(msgspec.Struct, frozen=True):
    """An environment as a person would name it.

    `python` is the interpreter's path as named (it need not exist), `prefix` the folder that was
    named or is active, `chosen_by` the option or variable that chose it.  `variables` is the
    complete environment that PyTriton would be started with; it never leaves the process whole.
    The interpreter is run as `identity` (None: as this user), for at most `deadline_s`.  `pid` is the
    process that was named and runs already (None: it is about to be started).
    """

    python: str
    prefix: Optional[str]
    chosen_by: str
    variables: dict[str, str]
    cwd: str
    identity: Optional[Identity] = None
    deadline_s: float = DEADLINE_S
    pid: Optional[int] = None


class Named(msgspec.Struct, frozen=True):
    """What the command line says of the target; each is another way to name it."""

    path: Optional[str] = None
    python: Optional[str] = None
    prefix: Optional[str] = None
    conda_env: Optional[str] = None
    pid: Optional[int] = None


def python_of(prefix: str) -> str:
    """The interpreter of a prefix: `bin/python`, else `bin/python3`; the first where neither is."""
    candidates = [os.path.join(prefix, "bin", name) for name in ("python", "python3")]
    return next((path for path in candidates if os.path.lexists(path)), candidates[0])


def kind_of(prefix: str, base_prefix: str) -> Kind:
    """Return what made the environment, by the files that each tool leaves behind."""
    if os.path.isdir(os.path.join(prefix, "conda-meta")):
        return "conda"
    config = os.path.join(prefix, "pyvenv.cfg")
    if os.path.exists(config):
        try:
            lines = read_text(config, Limit.SETTINGS).split("\n")
        except OSError:
            return "venv"
        keys = {line.partition("=")[0].strip() for line in lines}
        if "uv" in keys:
            return "uv"
        return "virtualenv" if "virtualenv" in keys else "venv"
    if "/uv/python/" in base_prefix:
        return "uv"
    if "/.pyenv/versions/" in prefix or "/pyenv/versions/" in prefix:
        return "pyenv"
    return "system" if prefix in ("/usr", "/usr/local") else "unknown"
