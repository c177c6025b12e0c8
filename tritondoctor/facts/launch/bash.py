"""bash between the server and the stub: which one, and what it makes of the variables.

Triton's python backend starts its stub as `bash -c " exec <path> …"` (stub_launcher.cc).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

import msgspec

from tritondoctor.facts.machine import shell_files
from tritondoctor.loader import Files

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class BashEnvironment(msgspec.Struct, frozen=True):
    """The file that BASH_ENV names, its effects on the launch, and the variables that bash passes on."""

    path: Optional[str]
    effects: tuple[str, ...]
    variables: dict[str, str]


def on_path(files: Files, name: str, path: Optional[str], cwd: str) -> Optional[str]:
    """The program that execvp(3) would run: an empty element of PATH is the working directory."""
    for folder in (path or "").split(":"):
        candidate = os.path.join(cwd, folder, name)
        if files.is_file(candidate) and files.access(candidate, os.X_OK):
            return candidate
    return None


def environment_after(files: Files, variables: Mapping[str, str], cwd: str) -> BashEnvironment:
    """The environment that bash gives to the stub, once it has read BASH_ENV (bash(1), INVOCATION)."""
    surprises = shell_files.bash_surprises(variables)
    given = variables.get("BASH_ENV")
    path = shell_files.expand(given, variables) if given else None
    text = shell_files.read(files, os.path.join(cwd, path)) if path else None
    after, effects = dict(variables), list[str]()
    if text is not None:
        after, effects = shell_files.run_bash_env(text, variables)
    return BashEnvironment(
        None if text is None else path, (*surprises, *effects), {} if surprises else after
    )
