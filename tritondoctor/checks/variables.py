"""Variables that libraries of the launch read, with values with which these do not start: the part of
`setting-invalid` that is not PyTriton's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import msgspec

from tritondoctor.checks.advice import order
from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import Remedy, Text, cure, listed, text
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.model import Facts
from tritondoctor.support.errno_names import errno_words
from tritondoctor.support.variables import LAUNCHERS

_WHY = {
    "unknown": "{library} does not know this value.",
    "no-module": "for this value {library} needs the module {detail}, which is not installed.",
    "not-boolean": "{library} takes yes or no only.",
    "not-a-number": "{library} takes a number only.",
    "not-positive": "{library} takes a number above 0 only.",
    "cannot-open": "{library} opens this file at start, which fails: {error}.",
    "same-unit": "{library} ends the process where {detail} has the same number.",
    "not-both": "{library} does not start where {detail} is set as well.",
    "too-long": "{library} takes {detail} characters at most.",
    "needed-itself": "{library} was built to use {detail}, and cannot do without it.",
    "cpu-lacks": "{library} would use {detail}, which this processor does not have.",
    "no-ciphers": "{library} makes a TLS context at start, for which OpenSSL finds no algorithms by this "
    "file ({detail}).",
    "vertex-mode": "in this mode {library} serves Vertex AI instead of HTTP, where PyTriton asks it.",
    "waits-for-more": "{library} does not answer before that many requests wait (a negative number: "
    "never). The switch is for its own tests.",
    "launcher": "Python takes it for its own path, and does not find the packages below {detail}.",
}


#: the folder of packages of a Python
_OF_PYTHON = re.compile(r"/python(3\.\d+)/(?:site|dist)-packages\Z")


class RefusedSetting(msgspec.Struct, frozen=True):
    """A variable, or the file that stands in for it; why it cannot be used, what is known, what to do."""

    name: str
    why: Text
    evidence: tuple[Text, ...]
    remedy: Remedy


def refused(facts: Facts) -> Iterator[RefusedSetting]:
    """Yield the variables that a library, the server or Python refuses."""
    for variable in _refused(facts):
        evidence = [text("read by {path}", path=variable.reader)]
        if variable.accepts:
            evidence.append(text("accepted here: {values}", values=listed(variable.accepts)))
        if variable.file:
            yield RefusedSetting(variable.file, _why(variable), tuple(evidence), _without_file(variable))
        else:
            yield of_variable(facts, variable.name, _why(variable), *evidence)
    yield from _python_path(facts)


def _python_path(facts: Facts) -> Iterator[RefusedSetting]:
    """PYTHONPATH, where it leads to the packages of another Python, and one of these does not import."""
    minor, problems = facts.interpreter.minor, _import_problems(facts)
    for element in (facts.variables.get("PYTHONPATH") or "").split(":"):
        found = _OF_PYTHON.search(os.path.normpath(element))
        folder = os.path.normpath(os.path.join(facts.cwd, element))
        if found is None or found[1] == minor:
            continue
        if any(place.startswith(f"{folder}/") for problem in problems for place in _places(problem)):
            why = text("it leads to the packages of Python {found}, and this is {minor}.",
                       found=found[1], minor=minor)  # fmt: skip
            yield of_variable(facts, "PYTHONPATH", why)
            return


def _import_problems(facts: Facts) -> list[ImportProblem]:
    of_processes = facts.launch.imports if facts.launch else ()
    return [problem for imports in of_processes for problem in imports.problems]


def _places(problem: ImportProblem) -> tuple[str, ...]:
    return problem.path, problem.importer, problem.at, problem.hidden_at


def of_variable(facts: Facts, name: str, why: Text, *evidence: Text) -> RefusedSetting:
    """Return what there is to say of a variable with its value, which is to be unset."""
    value = text("{variable}={value}", variable=name, value=facts.variables.get(name, "***"))
    unset = cure("unset-variable", text("Unset {names}", names=name), Variable(name, None))
    return RefusedSetting(name, why, (value, *evidence), unset)


def _without_file(refused: RefusedVariable) -> Remedy:
    """An empty configuration: OpenSSL then has its usual algorithms (config(5))."""
    return cure(
        "no-configuration", text("Start PyTriton without this file"), Variable(refused.name, "/dev/null")
    )


def _refused(facts: Facts) -> Iterator[RefusedVariable]:
    yield from facts.launch.refused_variables if facts.launch else ()
    interpreter = facts.interpreter
    if order(interpreter.version) < (3, 11) or not _is_venv(interpreter):
        return
    for name in LAUNCHERS:
        path = facts.variables.get(name)
        # Modules/getpath.py looks for pyvenv.cfg beside it, and in the folder above
        if path and os.path.dirname(os.path.dirname(os.path.normpath(path))) != interpreter.prefix:
            yield RefusedVariable(name, interpreter.path, "launcher", (), interpreter.prefix)


def _is_venv(interpreter: Interpreter) -> bool:
    return bool(interpreter.prefix) and interpreter.prefix != interpreter.base_prefix


def _why(refused: RefusedVariable) -> Text:
    fields = {
        "library": _library(refused),
        "detail": refused.detail,
        "error": errno_words(refused.detail),
    }
    template = _WHY[refused.why]
    return text(template, **{name: value for name, value in fields.items() if f"{{{name}}}" in template})


def _library(refused: RefusedVariable) -> str:
    """The package that the file belongs to, or the program itself."""
    inside = refused.reader.rpartition("/site-packages/")[2]
    return inside.partition("/")[0] if inside != refused.reader else os.path.basename(refused.reader)
