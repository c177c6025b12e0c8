"""What the user's file lacks, in a sentence: wrong usage, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _, mark

_SENTENCES = {
    "no-python": mark("{path} is no Python file."),
    "starts-server": mark(
        "{path} starts its server when it is imported. Put that part below "
        '`if __name__ == "__main__":`.'
    ),
    "import-fails": mark("{path} cannot be imported: {why}{at}."),
    "no-function": mark("{path} has no function {name}. It has: {names}."),
    "no-callable": mark("{path}: {name} is no function but an object of type {type}."),
    "no-tensors": mark(
        "{path}: {which} must be a list of Tensor, as it is given to bind()."
    ),
    "no-inputs": mark(
        "{path} does not say what {name} takes. Put a list INPUTS of Tensor beside it, or give "
        "--input NAME:DTYPE:SHAPE, such as --input data:FP32:2."
    ),
    "no-outputs": mark(
        "{path} does not say what {name} returns. Put a list OUTPUTS of Tensor beside it, or give "
        "--output NAME:DTYPE:SHAPE, such as --output result:FP32:3."
    ),
    "no-threads": mark(
        "--framework-threads: neither PyTorch nor a BLAS whose threads can be set is loaded."
    ),
    "data-unreadable": mark("--data {path} cannot be read: {why}."),
    "data-lacks": mark("--data {path} has no array {name}. It has: {names}."),
    "data-shape": mark("--data {path}: {name} has the shape {got}; the input needs {wanted}."),
    "first-call": mark("{name} failed at its first call, with one row: {why}{hint}"),
    "no-answer": mark("{name} did not answer its first call within {seconds} s. More time: --timeout."),
}  # fmt: skip


def refused(kind: str, fields: Mapping[str, Any]) -> UsageError:
    """The error to raise, of what users_file.py or samples.py announced."""
    values = dict(fields)
    if kind == "import-fails":
        line = values.get("line")
        values["at"] = _(" (line {line})", line=line) if line else ""
    if kind == "no-function" and not values["names"]:
        values["names"] = _("none")
    return UsageError(_(_SENTENCES[kind], **values))


def first_call(name: str, traceback: str, any_size: bool) -> UsageError:
    """The function failed before the race: the last line of the traceback says how."""
    why = last_line(traceback)
    hint = ""
    if any_size:
        hint = _(" A dimension of -1 was given 8; --input says another.")
    return refused("first-call", {"name": name, "why": f"{why}.", "hint": hint})


def last_line(traceback: str) -> str:
    """The exception of a traceback: its last line that is not indented; at most 300 letters."""
    lines = [line for line in traceback.replace("\\n", "\n").splitlines() if line.strip()]
    named = [line for line in lines if not line.startswith((" ", "Traceback")) and ": " in line]
    return (named or lines or [""])[-1].strip().rstrip(".")[:300]
