"""Shell files that set variables of the launch: the user's start files, and BASH_ENV.

Only assignments are read; nothing is run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Optional

import msgspec

from tritondoctor.facts.conda.model import ShellLine
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

START_FILES = (
    ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", ".zprofile",
    ".config/fish/config.fish",
)  # fmt: skip
LOADER_VARIABLES = ("LD_LIBRARY_PATH", "LD_PRELOAD")
#: others that decide how a launch goes
_KEPT = {
    *LOADER_VARIABLES, "BASH_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONWARNINGS", "PYTRITON_HOME",
    "XDG_CACHE_HOME", "GEVENT_LOOP", "GEVENT_RESOLVER", "GRPC_POLL_STRATEGY",
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "SSLKEYLOGFILE",
}  # fmt: skip

_POSIX = pattern(r"^\s*(?:export\s+|declare\s+-x\s+)?([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S*)\s*(?:;|#|$)")
_FISH = pattern(
    r"^\s*set\s+(?:-\w+\s+)*([A-Za-z_]\w*)\s+((?:\"[^\"]*\"|'[^']*'|(?!\s{0,80}(?:;|\s#)).)+?)\s{0,80}(?:;|\s#|$)"
)
_REFERENCE = pattern(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])((?:[^{}]|\$\{\w+\})*))?\})")


class Assignment(msgspec.Struct, frozen=True):
    """`name=value` as written, at `line`; `text` is the assignment without what stands behind it."""

    name: str
    value: str
    line: int
    text: str


def assignments(text: str, *, fish: bool = False) -> list[Assignment]:
    """Return the plain assignments of a shell file, in order, without those that need a shell."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = (_FISH if fish else _POSIX).match(line)
        if match:
            text_of_it = line[: match.end(2)].strip()
            found.append(Assignment(match.group(1), match.group(2), number, text_of_it))
    return found


def expand(value: str, variables: Mapping[str, str]) -> Optional[str]:
    """Expand a value as sh does; None where that takes a shell (a command, a glob)."""
    if value[:1] == "'":
        return value[1:-1]
    value = value.strip('"')
    if "`" in value or "$(" in value:
        return None

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        operator, word = match.group(3), match.group(4) or ""
        held = variables.get(name)
        given = bool(held) if operator and operator[0] == ":" else held is not None
        if operator and operator[-1] == "+":
            return (expand(word, variables) or "") if given else ""
        if operator and not given:
            return expand(word, variables) or ""
        return held or ""

    return _REFERENCE.sub(value_of, value)


def probe(files: Files, variables: Mapping[str, str]) -> tuple[ShellLine, ...]:
    """Return the lines of the user's start files that set a variable of the launch."""
    home = variables.get("HOME", "")
    found = []
    for name in START_FILES if os.path.isabs(home) else ():
        path = os.path.join(home, name)
        text = read(files, path)
        if text is None:
            continue
        found += [
            ShellLine(path, item.line, item.text, item.name, item.value)
            for item in assignments(text, fish=name.endswith(".fish"))
            if matters(item.name)
        ]
    return tuple(found)


def matters(variable: str) -> bool:
    """Whether a variable decides how a launch goes."""
    return variable in _KEPT or variable.startswith("PYTRITON_TRITON_CONFIG_")


def read(files: Files, path: str) -> Optional[str]:
    """Return the text of a small file; None where it cannot be read."""
    try:
        if not files.is_file(path):
            return None
        return files.read(path, Limit.SETTINGS).decode("utf-8", "replace")
    except OSError:
        return None
