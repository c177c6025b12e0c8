"""What conda's activation of the active environment sets, in the order in which it does so.

The files are those of conda/activate.py (`_get_environment_env_vars`, `_get_activate_scripts`): variables
of packages, of `conda env config vars set`, then the scripts by their names; mamba and micromamba read
the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tritondoctor.facts.conda.model import ShellLine
from tritondoctor.facts.machine.shell_files import assignments, matters, read
from tritondoctor.loader import Files

PACKAGES, STATE, SCRIPTS = "etc/conda/env_vars.d", "conda-meta/state", "etc/conda/activate.d"
#: the doctor's own scripts, by their names the last: `undo` takes them away, nobody edits them
OURS = "~tritondoctor"
_MOST = 100


def probe(files: Files, variables: Mapping[str, str]) -> tuple[ShellLine, ...]:
    """The lines that set a variable of the launch whenever the active environment is activated."""
    prefix = variables.get("CONDA_PREFIX", "")
    return of_prefix(files, prefix) if os.path.isabs(prefix) else ()


def of_prefix(files: Files, prefix: str) -> tuple[ShellLine, ...]:
    """The same of any environment."""
    found = [
        line
        for path in (*_named(files, f"{prefix}/{PACKAGES}", ".json"), f"{prefix}/{STATE}")
        for line in _listed(path, read(files, path) or "")
    ]
    for path in _named(files, f"{prefix}/{SCRIPTS}", ".sh"):
        found += [
            ShellLine(path, item.line, item.text, item.name, item.value, activation=True)
            for item in assignments(read(files, path) or "")
        ]
    return tuple(line for line in found if matters(line.variable))


def _named(files: Files, folder: str, ending: str) -> list[str]:
    try:
        names = sorted(files.listdir(folder))[:_MOST]
    except OSError:
        return []
    return [f"{folder}/{name}" for name in names if name.endswith(ending) and name != OURS + ending]


def _listed(path: str, text: str) -> Iterator[ShellLine]:
    """The variables of a JSON file, each at its own line; their names are in capitals once set."""
    try:
        import json

        named: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return
    if path.endswith(STATE) and isinstance(named, dict):
        named = named.get("env_vars")
    for name, value in named.items() if isinstance(named, dict) else ():
        if isinstance(name, str) and isinstance(value, str):
            before = re.split(rf'"{re.escape(name)}"\s*:', text)[0]
            line = before.count("\n") + 1
            words = " ".join(f"{name}={value}".split())
            yield ShellLine(path, line, words, name.upper(), _literal(value), activation=True)


def _literal(value: str) -> str:
    """The value as a shell would read it: nothing in it is expanded."""
    return f"'{value}'"
