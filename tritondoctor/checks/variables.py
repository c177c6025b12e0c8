"""Variables that libraries of the launch read, with values with which these do not start."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.checks.advice import order
from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import CheckResult, Text, check, cure, listed, text
from tritondoctor.facts.model import Facts, Interpreter, RefusedVariable
from tritondoctor.support.errno_names import errno_words
from tritondoctor.support.variables import LAUNCHER

_WHY = {
    "unknown": "it does not know this value",
    "no-module": "for this value it needs the module {detail}, which is not installed",
    "not-boolean": "it must be yes or no",
    "not-a-number": "it must be a number",
    "not-positive": "it must be a number above 0",
    "cannot-open": "it opens this file at start, which fails: {error}",
    "same-unit": "it has the number of another unit ({detail})",
    "launcher": "Python takes it for its own path, and does not find the packages below {detail}",
}


@check(
    "variable-refused",
    "error",
    title="{variable} stops {library}, which PyTriton uses",
    explanation="{library} reads this variable and fails at start: {why}.",
    means="A variable that was set for another program, or for another version of a library, is read by "
    "a library of PyTriton too, and has a value that this version refuses.",
    verified="GRPC_POLL_STRATEGY=epollex, PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=cpp, GEVENT_LOOP=libuv "
    "without cffi, SSLKEYLOGFILE below a folder that does not exist, and every value that `make sweep` "
    "found: PyTriton fails, and serves once the variable is unset.",
    by_hand="Unset the variable, or give it a value that the library accepts.",
    reads=(
        "interpreter.base_prefix",
        "interpreter.path",
        "interpreter.prefix",
        "interpreter.version",
        "launch.refused_variables",
        "variables",
    ),
)
def variable_refused(facts: Facts) -> Iterator[CheckResult]:
    for refused in _refused(facts):
        value = facts.variables.get(refused.name, "***")
        evidence = [
            text("{variable}={value}", variable=refused.name, value=value),
            text("read by {path}", path=refused.reader),
        ]
        if refused.accepts:
            evidence.append(text("accepted here: {values}", values=listed(refused.accepts)))
        yield CheckResult(
            {"variable": refused.name, "library": _library(refused), "why": _why(refused)},
            tuple(evidence),
            (cure("unset-variable", text("Unset it"), Variable(refused.name, None)),),
        )


def _refused(facts: Facts) -> Iterator[RefusedVariable]:
    yield from facts.launch.refused_variables if facts.launch else ()
    interpreter, launcher = facts.interpreter, facts.variables.get(LAUNCHER)
    if launcher is None or order(interpreter.version) < (3, 11) or not _is_venv(interpreter):
        return
    # Modules/getpath.py looks for pyvenv.cfg beside it, and in the folder above
    if os.path.dirname(os.path.dirname(os.path.normpath(launcher))) != interpreter.prefix:
        yield RefusedVariable(LAUNCHER, interpreter.path, "launcher", (), interpreter.prefix)


def _is_venv(interpreter: Interpreter) -> bool:
    return bool(interpreter.prefix) and interpreter.prefix != interpreter.base_prefix


def _why(refused: RefusedVariable) -> Text:
    fields = {"detail": refused.detail, "error": errno_words(refused.detail)}
    template = _WHY[refused.why]
    return text(template, **{name: value for name, value in fields.items() if f"{{{name}}}" in template})


def _library(refused: RefusedVariable) -> str:
    """The package that the file belongs to, or the program itself."""
    inside = refused.reader.rpartition("/site-packages/")[2]
    return inside.partition("/")[0] if inside != refused.reader else os.path.basename(refused.reader)


RULES = (variable_refused,)
