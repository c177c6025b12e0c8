"""The interview of the target's interpreter: a script of ours, run by it in isolation.

It is begun before anything else is imported, so that it runs beside the doctor's own start.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Optional

from tritondoctor import own
from tritondoctor.target import Target

DEADLINE_S = 5.0
#: variables that would make of a question a traced or listed start
_NOT_FOR_QUESTIONS = ("LD_TRACE_LOADED_OBJECTS", "LD_DEBUG", "LD_DEBUG_OUTPUT", "PYTHONSTARTUP")
_HARMLESS = {
    "PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED",
    "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONWARNINGS", "PYTHONSAFEPATH", "PYTHONPYCACHEPREFIX",
}  # fmt: skip


def variables_of(target: Target) -> dict[str, str]:
    """The variables that the interpreter is asked with."""
    return {name: value for name, value in target.variables.items() if name not in _NOT_FOR_QUESTIONS}


class Question:
    """The interview in progress; `failure` and its finding's id say why there is no answer."""

    def __init__(self, target: Target) -> None:
        self.path = target.python
        self.failure = ""
        self.failure_id = ""
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.variables = variables_of(target)
        if not os.path.lexists(self.path):
            self._fail("python-not-found", "there is no such file")
            return
        if not os.path.exists(self.path):
            aim = os.path.realpath(self.path)
            self._fail("python-not-found", f"it is a link to {aim}, which does not exist")
            return
        try:
            self.process = subprocess.Popen(
                [self.path, "-I", "-c", own.source("facts/interview.py")],
                env=self.variables,
                cwd=target.cwd,
                stdin=subprocess.PIPE,  # /dev/null is not needed by PyTriton, and may be missing
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as failure:
            self._fail("python-does-not-start", failure.strerror or str(failure))

    def _fail(self, kind: str, why: str) -> None:
        self.failure, self.failure_id = why, kind

    def answer(self) -> Optional[dict[str, Any]]:
        """What the interpreter says of itself (interview.py); None where it gives no answer."""
        if self.process is None:
            return None
        try:
            out, err = self.process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            self._fail("python-does-not-start", f"it did not answer within {DEADLINE_S:.0f} s")
            return None
        try:
            return dict(json.loads(out.decode("utf-8", "replace").strip().splitlines()[-1]))
        except (ValueError, IndexError):
            code = self.process.returncode
            said = err.decode("utf-8", "replace").strip().splitlines()
            how = f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
            self._fail("python-does-not-start", ": ".join([how, *said[-1:]]))
            return None

    def with_variables(self) -> str:
        """What the interpreter says where its own variables keep it from starting; else "".

        Asked only where there are such variables; without site and PYTHONPATH, so that nothing but
        the interpreter runs.
        """
        own = {name for name in self.variables if name.startswith("PYTHON")} - _HARMLESS
        if not own:
            return ""
        variables = {name: v for name, v in self.variables.items() if name not in _HARMLESS}
        try:
            done = subprocess.run(
                [self.path, "-S", "-s", "-c", ""],
                env=variables,
                cwd="/",
                timeout=DEADLINE_S,
                input=b"",
                capture_output=True,
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            return str(failure)
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return said[0] if done.returncode and said else ""
