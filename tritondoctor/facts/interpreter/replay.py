"""An interview that was held before, put to a machine with other files or variables."""

from __future__ import annotations

import dataclasses
from typing import Optional

import msgspec

from tritondoctor.facts.interpreter.answer import Answer
from tritondoctor.facts.interpreter.question import Question, variables_of
from tritondoctor.loader import Files, start
from tritondoctor.target import Target


@dataclasses.dataclass
class Interview:
    """The answers of one interpreter, and what it said of its own variables."""

    answer: Optional[Answer]
    failure: str
    failure_id: str
    variables: dict[str, str]
    of_variables: str


def hold(target: Target) -> Interview:
    """Asks the interpreter; where its loader does not start it, without the loader's variables, which
    a remedy may change.
    """
    asked = Question(target)
    answer = asked.answer()
    if answer is not None:
        return Interview(answer, "", "", asked.variables, asked.with_variables())
    if not start(asked.path, asked.variables, target.cwd, Files()).loads:
        plain = {name: value for name, value in target.variables.items() if name[:3] != "LD_"}
        answer = Question(msgspec.structs.replace(target, variables=plain)).answer()
    return Interview(answer, asked.failure, asked.failure_id, asked.variables, "")


class Remembered(Question):
    """The interpreter answers as it did, as long as its loader starts it."""

    def __init__(self, held: Interview, target: Target, files: Files) -> None:
        self.path, self.identity, self._deadline_s = target.python, target.identity, target.deadline_s
        self.failure, self.failure_id = "", ""
        self.variables = variables_of(target)
        self._held = held
        loads = start(self.path, self.variables, target.cwd, files).loads
        if held.answer is None or not loads:
            self.failure = held.failure or "its loader does not start it"
            self.failure_id = held.failure_id or "python-does-not-start"

    def answer(self) -> Optional[Answer]:
        return None if self.failure else self._held.answer

    def with_variables(self) -> str:
        if _of_python(self.variables) == _of_python(self._held.variables):
            return self._held.of_variables
        return super().with_variables()


def _of_python(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith("PYTHON")}
