"""The cause of a failure, out of what a package manager prints: never its closing advice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Optional

_LINES, _MOST = 3, 400
#: conda's own (CondaHTTPError: …), Python's, and libmamba's
_ERROR = re.compile(r"^ *(?:(?:critical|error) +libmamba +)?(\w*(?:Error|Exception): .+)$", re.M)
_LIBMAMBA = re.compile(r"^ *(?:critical|error) +libmamba +(.+)$", re.M)
#: the last lines of a Python traceback, from the exception's name on
_RAISED = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception): .+\Z)", re.M | re.S)
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
        message = None if found.get("success") else _message(found)
        if message:
            return _paragraph(message)
    return None


def _message(found: Mapping[str, Any]) -> str:
    """conda's message; where it has none of its own, the exception that ended it."""
    errors = found.get("errors")  # conda's MultiValidationError
    if isinstance(errors, list):
        return "\n".join(_message(error) for error in errors if isinstance(error, dict))
    problems = found.get("solver_problems")
    if not found.get("message") and isinstance(found.get("traceback"), str):
        raised = _RAISED.findall(found["traceback"])
        if raised:
            return str(raised[-1])
    if isinstance(problems, list) and not (found.get("message") or found.get("error")):
        return "\n".join(map(str, problems))
    return str(found.get("message") or found.get("error") or "")


def _from_lines(text: str) -> Optional[str]:
    pips = [line for line in _PIP.findall(text) if not line.startswith("ResolutionImpossible")]
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
