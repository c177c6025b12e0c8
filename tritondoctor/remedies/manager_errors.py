"""The cause of a failure, out of what a package manager prints: never its closing advice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Optional

_LINES, _MOST = 3, 400
#: conda's own (CondaHTTPError: …), Python's, and libmamba's
_ERROR = re.compile(r"^ *(?:(?:critical|error) +libmamba +)?(\w*(?:Error|Exception): .+)$", re.M)
_LIBMAMBA = re.compile(r"^ *(?:critical|error) +libmamba +(.+)$", re.M)
_PIP = re.compile(r"^ERROR: (.*[^:\n])$", re.M)
#: lines with which conda begins to say what could be tried
_ADVICE = re.compile(r"^\s*(?:Use '|Elapsed:|Next steps:|You can bypass|This can take|If you )")


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that begin a line of the text, the outermost of each only."""
    decoder, at = json.JSONDecoder(), 0
    for brace in re.finditer(r"^[ \t]*\{", text, re.M):
        if brace.end() <= at:
            continue
        try:
            found, at = decoder.raw_decode(text, brace.end() - 1)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def cause_of(out: str, err: str) -> str:
    """The cause in one line without a full stop; of a program that names none, its last lines."""
    cause = _from_json(f"{out}\n{err}") or _from_lines(err) or _from_lines(out)
    if cause is None:
        cause = "\n".join((err.strip() or out.strip()).splitlines()[-_LINES:])
    words = " ".join(cause.split())
    return (words if len(words) <= _MOST else words[:_MOST] + " …").rstrip(".") or "without a message"


def _from_json(text: str) -> Optional[str]:
    for found in objects_in(text):
        problems = found.get("solver_problems")
        message = found.get("message") or found.get("error") or problems
        if message and not found.get("success"):
            return _paragraph("\n".join(problems) if message is problems else str(message))
    return None


def _from_lines(text: str) -> Optional[str]:
    pips = _PIP.findall(text)
    if pips:
        return str(pips[-1])  # the ones before it tell of single packages
    error = _ERROR.search(text) or _LIBMAMBA.search(text)
    return None if error is None else _paragraph(text[error.start(1) :])


def _paragraph(message: str) -> str:
    """Its first paragraph, up to where advice begins."""
    lines: list[str] = []
    for line in message.strip().splitlines():
        announced = not line.strip() and lines and lines[-1].rstrip().endswith(":")
        if lines and not announced and (not line.strip() or _ADVICE.match(line)):
            break
        lines += [line] if line.strip() else []
    return "\n".join(lines)
