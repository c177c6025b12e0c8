"""An interview that was held before, on a machine with other files or variables."""

from __future__ import annotations

from typing import Optional

import msgspec

from tritondoctor.facts.interpreter.answer import Answer
from tritondoctor.facts.interpreter.libpythons import read_version
from tritondoctor.facts.interpreter.question import NoAnswer, Question, VariableChanges, variables_of
from tritondoctor.loader import Files, start
from tritondoctor.target import Target


class Interview(msgspec.Struct):
    """The answer of an interpreter, or why there is none, and what it says of its own variables."""

    answer: Optional[Answer]
    failure: Optional[NoAnswer]
    variables: dict[str, str]
    variables_problem: str
    changes: VariableChanges
    preload_failures: tuple[str, ...] = ()


def hold(target: Target) -> Interview:
    """Ask the interpreter; where its loader does not start it, without the loader's variables, which
    a remedy may change.
    """
    return held(Question(target), target, Files())


def held(question: Question, target: Target, files: Files) -> Interview:
    """The same of a question that was asked before."""
    answer = question.answer()
    if answer is not None:
        return Interview(
            answer, None, question.variables, question.with_variables(), question.changes(),
            question.preload_failures(),
        )  # fmt: skip
    changes: VariableChanges = {}
    if not start(question.path, question.variables, target.cwd, files).loads:
        plain = {name: value for name, value in target.variables.items() if name[:3] != "LD_"}
        again = Question(msgspec.structs.replace(target, variables=plain))
        answer, changes = again.answer(), again.changes()
    return Interview(answer, question.failure, question.variables, "", changes)


class Remembered(Question):
    """The interpreter answers as it did, as long as its loader starts it."""

    def __init__(self, interview: Interview, target: Target, files: Files) -> None:
        self.path, self.identity, self._deadline_s = target.python, target.identity, target.deadline_s
        self.failure, self._problem, self._failures = None, None, None
        self.variables = variables_of(target)
        self._interview = interview
        if interview.answer is None or not start(self.path, self.variables, target.cwd, files).loads:
            self.failure = interview.failure or NoAnswer("not-loaded")

    def answer(self) -> Optional[Answer]:
        return None if self.failure else self._interview.answer

    def version_on(self, files: Files, libpython: Optional[str]) -> str:
        """`sys.version` is that of the libpython that it loads now, which may be another one."""
        return (libpython and read_version(files, libpython)) or ""

    def changes(self) -> VariableChanges:
        return self._interview.changes if self.answer() else {}

    def preload_failures(self) -> tuple[str, ...]:
        if self.variables.get("LD_PRELOAD") == self._interview.variables.get("LD_PRELOAD"):
            return self._interview.preload_failures
        return super().preload_failures()

    def with_variables(self) -> str:
        if _of_python(self.variables) == _of_python(self._interview.variables):
            return self._interview.variables_problem
        return super().with_variables()


def _of_python(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith("PYTHON")}
