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
    r"^\s*set\s+(?:-\w+\s+)*([A-Za-z_]\w*)\s+((?:\"[^\"]*\"|'[^']*'|(?!\s*(?:;|\s#)).)+?)\s*(?:;|\s#|$)"
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


def bash_surprises(variables: Mapping[str, str]) -> list[str]:
    """Return codes for what bash inherits that keeps `bash -c " exec …"` from starting the program."""
    found = []
    if "BASH_FUNC_exec%%" in variables:
        found.append("exported-exec")
    if "noexec" in variables.get("SHELLOPTS", "").split(":"):
        found.append("noexec")
    return found


#: where reading ends: `return`, and the usual guards around what is for interactive shells only
_RETURN = pattern(
    r"""^[ \t]*(?:return\b
    | \[\[?\ +-z\ +"?\$\{?PS1(?::?-)?\}?"?\ +\]\]?\ *&&\ *return\b
    | \[\[\ +\$-\ +!=\ +\*i\*\ +\]\]\ *&&\ *return\b
    | case\ +"?\$-"?\ +in\s+\*i\*\)\s*;;\s*\*\)\s*return\s*;;\s*esac)""",
    re.M | re.X,
)
_ENDS = pattern(r"exit\b|exec\b(?=\s+\S)|(?:function\s+)?exec\s*\(\s*\)|function\s+exec\b")
_OF_LAUNCH = pattern(r"(PATH|LD_\w+|PYTHON\w+)$")


def run_bash_env(text: str, variables: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the environment after `bash` has read a BASH_ENV file, and the lines that change the launch.

    Follows assignments of exported (or already present) variables, `unset`, `exit`, `return` and a
    function `exec` at the margin, but nothing that takes a shell to evaluate.
    """
    result, effects = dict(variables), []
    text = _RETURN.split(text, maxsplit=1)[0]
    for number, line in enumerate(text.splitlines(), 1):
        unset = re.match(r"unset\s+(?:-v\s+)?(\w+)\s*$", line)
        end = _ENDS.match(line)
        if end:
            result = {}
            effects.append(f"line {number}: {end[0]}")
            break
        gone = result.pop(unset.group(1), None) if unset else None
        if unset and gone is not None and _OF_LAUNCH.match(unset.group(1)):
            effects.append(f"line {number}: {line.strip()}")
        for item in assignments(line):
            exported = re.match(r"\s*(?:export|declare\s+-x)\s", line) is not None
            value = expand(item.value, result)
            if value is None or not (exported or item.name in result):
                continue
            if result.get(item.name) != value and _OF_LAUNCH.match(item.name):
                effects.append(f"line {number}: {item.text}")
            result[item.name] = value
    return result, effects
