"""`tritondoctor mcp`: what an assistant in an editor may ask; it only reads."""

import json
import os
import subprocess
import sys
from typing import Any

from tritondoctor.privacy.outlet import stream_of
from tritondoctor.support.errors import UsageError
from tritondoctor.support.invocation import NAME
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user

_SECONDS = 180
_INSTRUCTIONS = (
    "Says why NVIDIA PyTriton will or will not start in a Python environment on this machine. Ask "
    "`check` first, about the project's environment; ask `explain` about a log or the id of a finding. "
    "Nothing is changed: a repair is for the user, who types the commands that the answers hold."
)


def mcp() -> None:
    """Answer an assistant in an editor (Model Context Protocol over standard input). Reads only."""
    try:
        from mcp.server import MCPServer
    except ImportError:
        raise UsageError(
            _("This needs the package mcp, for Python 3.10 or newer: pip install 'tritondoctor[mcp]'")
        ) from None
    if sys.stdin is None:
        raise UsageError(_("Standard input is closed. An assistant asks over it."))
    server = MCPServer(NAME, instructions=_INSTRUCTIONS)
    for tool in (check, explain, libs, advise):
        server.tool()(tool)
    # the protocol writes bytes; what it sends has been masked by the command that was asked
    sys.stdout = stream_of("stdout")
    server.run("stdio")


def check(path: str = "", gpu: str = "auto") -> "dict[str, Any]":
    """Predict whether PyTriton starts and answers in an environment, and name the cause if not.

    `path` is an environment's or a project's folder, an interpreter or a script; without it the
    environment of the working directory is examined. `gpu` is auto, required or off.
    """
    if path and (refused := _refused(path)):
        return {"error": refused}
    answer = _ask("check", f"--gpu={gpu}", "--json", *(["--", path] if path else []))
    answer.pop("facts", None)
    return answer


def _refused(path: str) -> str:
    """Why what an assistant names is not started: a text tells it what to name, which may be a script."""
    from tritondoctor.commands.basics import working_directory
    from tritondoctor.target import Named, find_target, strangers

    try:
        python = find_target(of_user(), working_directory(), Named(path=path)).python
    except UsageError:
        return ""  # which `check` tells
    if strangers.starts_nothing_else(os.path.realpath(python)):
        return ""
    return str(strangers.refusal(python, path))


def explain(text: str) -> "dict[str, Any]":
    """Name the cause of a failure in a log or a line of one, or explain the id of a finding."""
    from tritondoctor.checks import CATALOGUE

    if text.strip() in CATALOGUE:
        return _ask("explain", text.strip(), "--json")
    return _ask("explain", "-", "--json", given=text)


def libs(file: str) -> "dict[str, Any]":
    """Show which libraries the dynamic loader would load for a program, and which are missing."""
    return _ask("libs", "--json", "--", file)


def advise() -> "dict[str, Any]":
    """Show which PyTriton release, Python and recipe fit this machine, and why the others do not."""
    return _ask("advise", "--json")


def _ask(*words: str, given: str = "") -> "dict[str, Any]":
    """What a command of the doctor prints as JSON, else its message.

    What an assistant gives stands behind `--` or `=`: it is never an option, some of which write files.
    """
    try:
        done = subprocess.run(
            [*_program(), *words],
            env=of_user(), input=given, capture_output=True, text=True, check=False, timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": _("no answer within {seconds} s", seconds=_SECONDS)}
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"error": done.stderr.strip(), "exit_code": done.returncode}
    return answer


def _program() -> "list[str]":
    """The doctor, started as it was: the starter keeps apart what is meant for the target."""
    started = sys.argv[0]
    if os.path.basename(started) == NAME and os.access(started, os.X_OK):
        return [os.path.abspath(started)]
    return [sys.executable, "-I", "-m", NAME]
