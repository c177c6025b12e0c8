"""The target's interpreter by its own account, asked in isolation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

import msgspec

from tritondoctor.facts.interpreter import libpythons, startup_code, unconfigured
from tritondoctor.facts.interpreter.answer import Answer
from tritondoctor.facts.interpreter.model import Interpreter, Program
from tritondoctor.facts.interpreter.question import NoAnswer, Question, VariableChanges
from tritondoctor.facts.launch.programs import Running
from tritondoctor.loader import Files, start
from tritondoctor.privacy import environment
from tritondoctor.target import kind_of


def _kind_by_path(path: str) -> str:
    """What made the environment of an interpreter that gives no answer, by where it lies."""
    folder, name = os.path.split(os.path.dirname(path))
    return kind_of(folder, "") if name == "bin" else "unknown"


def probe(question: Question, files: Files, cwd: str, variables: Mapping[str, str]) -> Interpreter:
    """The interpreter's own account; `starts` is False with the reason where there is none.

    `variables` are those of the programs that will run, which startup code may ask for.
    """
    answer, changes = question.answer(), question.changes()
    if answer is None:
        failure = question.failure or NoAnswer("silent")
        return Interpreter(
            path=question.path,
            starts=False,
            problem=failure.words,
            state=failure.state,
            kind=_kind_by_path(question.path),
            exit_code=failure.exit_code,
            waited_s=failure.waited_s,
            program=_not_started(question, files, cwd),
        )
    process = start(answer.executable or question.path, changed(question.variables, changes), cwd, files)
    fields = msgspec.structs.asdict(answer)
    site, executable, code = fields.pop("site"), fields.pop("executable"), fields.pop("startup_code")
    libpython = libpythons.own_libpython(process, cwd)
    fields["version"] = question.version_on(files, libpython) or answer.version
    del fields["variables"]
    interpreter = Interpreter(
        path=question.path,
        starts=True,
        executable=executable or question.path,
        libpython=libpython,
        stdlib_version=_built_with(files, answer),
        variables_problem=question.with_variables(),
        site_packages=site.packages,
        # HOME may be relative; without one it stays "~/…", which is a folder of the working directory
        user_site=site.user and os.path.join(cwd, site.user),
        kind=kind_of(answer.prefix, answer.base_prefix),
        asked_as=question.identity.uid if question.identity else None,
        pip=any(files.is_file(f"{place}/pip/__init__.py") for place in answer.sys_path),
        managed=answer.prefix == answer.base_prefix
        and files.is_file(os.path.join(answer.stdlib, "EXTERNALLY-MANAGED")),
        preload_failures=question.preload_failures(),
        sets=tuple(sorted(environment.variables({name: changes[name] or "" for name in changes})[0])),
        **fields,
    )
    interpreter = msgspec.structs.replace(
        interpreter, unconfigured=_unconfigured(files, interpreter, os.path.join(cwd, question.path))
    )
    judged = startup_code.judged(files, interpreter, code, changed(variables, changes))
    return msgspec.structs.replace(interpreter, startup_code=judged)


def _unconfigured(files: Files, interpreter: Interpreter, path: str) -> str:
    return unconfigured.prefix_of(
        files, path, interpreter.minor, interpreter.prefix, interpreter.sys_path
    )


def changed(variables: Mapping[str, str], changes: VariableChanges) -> dict[str, str]:
    """The variables with these changes."""
    kept = {name: value for name, value in variables.items() if name not in changes}
    return {**kept, **{name: value for name, value in changes.items() if value is not None}}


def _not_started(question: Question, files: Files, cwd: str) -> Optional[Program]:
    """The link map of an interpreter that gave no answer, where the loader is why."""
    if not files.is_file(question.path):  # which notes a barrier, too
        return None
    program = Running(files, question.path, question.variables, cwd).program("client")
    itself = any(
        problem.kind == "not-a-program" or question.path in (problem.name, problem.provider)
        for problem in program.problems
    )
    return program if program.problems and not itself else None


def _built_with(files: Files, answer: Answer) -> str:
    """The version of the standard library: that of the libpython which was installed with it.

    A shared interpreter may run on another libpython than its own, and `sys.version` is that one's.
    """
    name = answer.config.get("INSTSONAME") or ""
    for folder in (answer.config.get("LIBDIR") or "", os.path.dirname(answer.stdlib)):
        path = os.path.join(folder, name)
        if name.startswith("libpython") and ".so" in name and files.is_file(path):
            version = libpythons.read_version(files, path)
            if version is not None:
                return version
    return answer.version
