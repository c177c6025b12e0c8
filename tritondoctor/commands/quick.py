"""The command line of a plain `check`, read without typer, which takes long to import.

Only what typer would take without a word is taken here; help, mistakes and everything else are typer's.
tests/test_quick.py compares each option of the two.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum
from typing import Any, Callable, Optional

from tritondoctor.commands import checking, language
from tritondoctor.commands.arguments import DETAILS, behind
from tritondoctor.commands.basics import complain
from tritondoctor.commands.checking import CheckOptions
from tritondoctor.commands.choices import FailOn, GpuPolicy, ReportFormat
from tritondoctor.privacy import outlet
from tritondoctor.support import detail
from tritondoctor.support.errors import DoctorError
from tritondoctor.support.messages import shown
from tritondoctor.target import Named

FLAGS = {"--json", "--show-paths", "--strict", "--trust-owner"}
VALUES: dict[str, Callable[[str], Any]] = {
    "--python": str, "--prefix": str, "--conda-env": str, "--pid": int, "--from": str,
    "--gpu": GpuPolicy, "--fail-on": FailOn, "--timeout": float,
}  # fmt: skip
LISTS: dict[str, Callable[[str], Any]] = {
    "--format": ReportFormat, "--output": str, "--select": str, "--ignore": str, "--plugin": str,
}  # fmt: skip
_OF_TARGET = ("path", "python", "prefix", "conda_env", "pid")


def run(words: Sequence[str]) -> None:
    """Run a plain check and raise SystemExit with its exit code; return where typer has to read."""
    if not words and os.environ.get("_TRITONDOCTOR_COMPLETE"):
        return  # a shell asks for words that fit
    options = options_of(_with_command(behind(words)))
    if options is None:
        return
    outlet.install()
    language.choose(words)
    try:
        code = checking.run(options)
    except DoctorError as failure:
        complain(shown(str(failure)))
        raise SystemExit(failure.exit_code) from failure
    raise SystemExit(code)


def _with_command(words: Sequence[str]) -> Sequence[str]:
    """As arguments.py does, where no command can be meant."""
    return words if words and not words[0].startswith("-") and "/" not in words[0] else ["check", *words]


def options_of(words: Sequence[str]) -> Optional[CheckOptions]:
    """The options of a plain check; None where typer has to read the line."""
    if not words or words[0] != "check":
        return None
    values: dict[str, Any] = {}
    rest = list(reversed(words[1:]))
    chosen = None
    while rest:
        word, given, value = rest.pop().partition("=")
        if word in FLAGS and not given:
            values[_field(word)] = True
        elif word in DETAILS and not given:
            chosen = DETAILS[word]
        elif word in VALUES or word in LISTS:
            if not given and not rest:
                return None
            value = value if given else rest.pop()
            if not value or not _taken(values, word, value):
                return None
        elif word and not word.startswith("-") and "path" not in values:
            values["path"] = word + given + value
        else:
            return None
    if chosen is not None:
        detail.choose(chosen)
    named = Named(**{name: values.pop(name) for name in _OF_TARGET if name in values})
    return CheckOptions(named, **values)


def _field(option: str) -> str:
    name = option[2:].replace("-", "_")
    return "from_" if name == "from" else name


def _taken(values: dict[str, Any], option: str, text: str) -> bool:
    """Whether the value is one that typer takes as it is."""
    read = VALUES.get(option) or LISTS[option]
    if text[:1] == "-" or (read in (int, float) and not text.isdecimal()):
        return False
    try:
        value = read(text)
    except ValueError:
        return False
    if isinstance(value, Enum) and value.value != text:
        return False
    if option in LISTS:
        values.setdefault(_field(option), []).append(value)
    else:
        values[_field(option)] = value
    return True
