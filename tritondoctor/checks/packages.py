"""The Python packages that the launch imports, in the caller's process and in the stub's."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.checks import permissions, startup_code, versions
from tritondoctor.checks.advice import order
from tritondoctor.checks.distributions import distribution_of
from tritondoctor.checks.edits import Move
from tritondoctor.checks.installing import installs
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, cure, text
from tritondoctor.checks.python_path import in_packages, without_first, without_older, without_path
from tritondoctor.checks.wheel import explains, requirement
from tritondoctor.facts.imports.model import ImportProblem, Imports
from tritondoctor.facts.model import Facts
from tritondoctor.support.messages import mark

_DETAILS = {
    "lacks-names": "{at} has no {names}",
    "folder": "{at} is a folder",
    "empty": "{at} is empty",
    "no-init": "{at} has no __init__.py: to Python it is an empty folder",
    "broken-link": "{at} is a broken link",
    "in-archive": "{at} is in a zip file, and Python loads no compiled module from there",
    "other-python": "{at} is built for another Python",
    "hides": "it hides {at} and has no {names}",
    "lacks-import": "it imports {words}, which is not there",
    "cut-bytecode": mark("the file is cut short"),
    "other-bytecode": mark("it is bytecode of another Python"),
    "cut-name": "the file ends within the name {words}",
    "cut-source": mark("the file is cut short: it ends within a line"),
    "invalid-syntax": "invalid syntax at {words}",
    "encoding-refused": "Python does not take the encoding {words} that it states",
    "runtime-too-old": "{distribution} is {have}, and {path} needs {least} or newer",
}
WHERE = {"client": text("your Python process"), "stub": text("the stub, which runs the model")}


def _detail(problem: ImportProblem) -> Text:
    """Describe a problem as the end of a sentence."""
    fields = {
        "words": problem.detail,
        "at": problem.at,
        "names": ", ".join(problem.names),
        "path": problem.path,
        "have": problem.have,
        "least": problem.least,
        "distribution": distribution_of(problem.module),
    }
    template = _DETAILS.get(problem.reason, "{words}")
    return text(template, **{name: value for name, value in fields.items() if f"{{{name}}}" in template})


def _problems(facts: Facts, kind: str) -> Iterator[tuple[Imports, ImportProblem]]:
    """Yield the problems of a kind, each module once (the caller's process comes first)."""
    seen = set()
    for closure in facts.launch.imports if facts.launch else ():
        for problem in closure.problems:
            if problem.kind != kind or problem.reason == "set-to-none":
                continue  # startup code is why
            if problem.module in facts.interpreter.builtin_modules:
                continue  # that a libpython lacks a built-in module is reported there
            if any(link.kind == "undefined" for link in problem.link):
                continue  # and so is a function that it lacks
            if versions.explains(facts, problem):
                continue
            if facts.pytriton and any(explains(f.path, problem) for f in facts.pytriton.damaged):
                continue
            if any(permissions.hides(barrier, problem, facts) for barrier in facts.barriers):
                continue
            if (problem.module, problem.path) not in seen:
                seen.add((problem.module, problem.path))
                yield closure, problem


def _asked_by(import_problem: ImportProblem) -> Text:
    if not import_problem.importer:
        return text("imported by the quick start itself")
    if not import_problem.line:  # a compiled module has none
        return text("imported by {file}", file=import_problem.importer)
    return text("imported by {file} line {line}", file=import_problem.importer, line=import_problem.line)


def _pip(facts: Facts, import_problem: ImportProblem) -> Remedy:
    """Install a distribution; force it if pip has a record of it and so believes it complete."""
    if import_problem.owner is not None:
        again = installs(facts, (import_problem.owner,), again=True)
        return cure("reinstall-package", text("Install {name} again", name=import_problem.owner), again)
    name = distribution_of(import_problem.module)
    install = installs(facts, (name,))
    return cure("install-package", text("Install {name}", name=name), install)


def _in_standard_library(facts: Facts, import_problem: ImportProblem) -> bool:
    return import_problem.importer.startswith(facts.interpreter.stdlib + "/") and (
        "site-packages" not in import_problem.importer
    )


@check(
    "package-missing",
    "error",
    title="The Python module {module} is missing",
    explanation="Needed at start by {where}: the import fails with ImportError.",
    means="A package that PyTriton imports, or a part of it, is not installed, is incomplete, or is a "
    "version without that part.",
    verified="Each package of the launch removed from a real environment (wrapt, typing_inspect, grpc, "
    "gevent, zmq, greenlet, brotli …): PyTriton fails. Packages that only its command line uses "
    "(typer, rich, psutil) may be missing.",
    by_hand="Install the package into this environment.",
    reads=(
        "barriers",
        "cwd",
        "interpreter.builtin_modules",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "interpreter.stdlib",
        "launch.imports",
        "pytriton.damaged",
        "pytriton.package",
        "variables",
    ),
)
def package_missing(facts: Facts) -> Iterator[CheckResult]:
    for closure, problem in _problems(facts, "missing"):
        if problem.hidden_at or startup_code.explains(facts, problem.module):
            continue
        evidence = [_asked_by(problem)]
        partly = bool(problem.reason or problem.detail)
        if partly:
            evidence.append(_detail(problem))
        if _in_standard_library(facts, problem):
            title = text("Repair this Python: its standard library lacks {module}", module=problem.module)
            remedies: tuple[Remedy, ...] = (Remedy("complete-python", title),)
        else:
            packed = problem.reason == "in-archive"
            taken_off = without_path(facts, problem.at) if packed else without_older(facts, problem.at)
            wholly = _wholly(facts, problem) if partly and not taken_off else ()
            again = (*taken_off, *wholly, _pip(facts, problem))
            remedies = versions.newer_importer(facts, problem) or again
        fields = {"module": problem.module, "where": WHERE[closure.role]}
        yield CheckResult(fields, tuple(evidence), remedies)


def _wholly(facts: Facts, import_problem: ImportProblem) -> Iterator[Remedy]:
    """Yield remedies for a module that is incomplete or built for another Python."""
    if import_problem.asked_by is not None and import_problem.reason == "other-python":
        again = installs(facts, (import_problem.asked_by,), again=True)
        yield cure("reinstall-package", text("Install {name} again", name=import_problem.asked_by), again)
    elif facts.pytriton is not None:
        needs = installs(facts, (requirement(facts.pytriton),))
        yield cure("complete-packages", text("Install the packages that PyTriton needs"), needs)


@check(
    "package-hidden-from-stub",
    "error",
    title="The stub cannot see the module {module}",
    explanation="Your Python process can import it, but the Python inside the stub {reason}.",
    means="From Python 3.11 on, the stub's Python is isolated: it ignores PYTHONPATH and the user's "
    "site-packages (pip install --user). It sees only what is installed in the environment itself.",
    verified="pip install --user with Python 3.11: No module named 'zmq' in the stub; the same with "
    "Python 3.9 serves.",
    by_hand="Install the packages into the environment itself, preferably a virtual environment.",
    reads=(
        "barriers",
        "interpreter.builtin_modules",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "launch.stub_python.isolated",
        "pytriton.damaged",
    ),
)
def package_hidden_from_stub(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or launch.stub_python is None:
        return
    for closure, problem in _problems(facts, "missing"):
        if not problem.hidden_at:
            continue
        reason = text("searches other folders")
        if launch.stub_python.isolated:
            reason = text("is isolated: it ignores PYTHONPATH and the user's site-packages")
        assert facts.pytriton is not None
        install = installs(facts, (requirement(facts.pytriton),), isolated=True)
        places = [text("the stub searches {path}", path=path) for path in closure.search_path]
        yield CheckResult(
            {"module": problem.module, "reason": reason},
            (text("it is in {path}", path=problem.hidden_at), _asked_by(problem), *places),
            (
                cure(
                    "install-package",
                    text("Install PyTriton and all its packages into the environment"),
                    install,
                ),
            ),
        )
        return


@check(
    "package-not-loadable",
    "error",
    title="The extension module {module} does not load",
    explanation="Because of it, {where} fails with ImportError: {said}.",
    means="A compiled module was found, but the loader or this Python refuses it.",
    verified="Extension modules truncated or replaced by text in a real environment.",
    by_hand="Reinstall the package that contains it.",
    reads=(
        "barriers",
        "cwd",
        "interpreter.builtin_modules",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "pytriton.damaged",
        "variables",
    ),
)
def package_not_loadable(facts: Facts) -> Iterator[CheckResult]:
    for closure, problem in _problems(facts, "not-loadable"):
        if any(link.kind not in ("bad-file", "truncated") for link in problem.link):
            continue  # reported with the library at fault
        if any(link.provider not in ("", problem.path) for link in problem.link):
            continue
        yield CheckResult(
            {"module": problem.module, "where": WHERE[closure.role], "said": problem.detail},
            (text("{path}", path=problem.path), _asked_by(problem)),
            _taken_away(facts, problem) or (_pip(facts, problem),),
        )


@check(
    "package-damaged",
    "error",
    title="The Python module {module} is damaged",
    explanation="The import of {path} fails in {where}: {detail}.",
    means="A module's file cannot be read or is not valid Python for this version.",
    verified="Modules of a real environment truncated in the middle of a statement.",
    by_hand="Reinstall the package that contains it.",
    reads=(
        "barriers",
        "cwd",
        "interpreter.builtin_modules",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "pytriton.damaged",
        "variables",
    ),
)
def package_damaged(facts: Facts) -> Iterator[CheckResult]:
    for closure, problem in _problems(facts, "damaged"):
        yield CheckResult(
            {"module": problem.module, "path": problem.path, "detail": _detail(problem),
             "where": WHERE[closure.role]},
            (_asked_by(problem),),
            _taken_away(facts, problem) or (_pip(facts, problem),),
        )  # fmt: skip


@check(
    "package-shadowed",
    "error",
    title="{path} hides the real module {module}",
    explanation="Python imports it in place of {module}, which fails in {where}: {detail}.",
    means="A file in the working directory or on PYTHONPATH has the name of a module that the launch "
    "imports. The working directory is searched in the stub too.",
    verified="numpy.py, zmq.py, types.py, queue.py, random.py, token.py, sh.py and "
    "triton_python_backend_utils.py in the working directory break a real start; data.py, model.py "
    "and test.py do not.",
    by_hand="Rename the file, or start PyTriton from another folder.",
    reads=(
        "barriers",
        "cwd",
        "interpreter.builtin_modules",
        "launch.imports",
        "pytriton.damaged",
        "variables",
    ),
)
def package_shadowed(facts: Facts) -> Iterator[CheckResult]:
    for closure, problem in _problems(facts, "shadowed"):
        yield CheckResult(
            {"module": problem.module, "path": problem.path, "detail": _detail(problem),
             "where": WHERE[closure.role]},
            () if problem.importer == problem.path else (_asked_by(problem),),
            without_path(facts, problem.path)
            or without_first(facts, problem.path)
            or _renamed(facts, problem),
        )  # fmt: skip


def _taken_away(facts: Facts, import_problem: ImportProblem) -> tuple[Remedy, ...]:
    """Return the remedies for a file of the user's own that Python takes for a module."""
    own = os.path.dirname(import_problem.path) == facts.cwd
    return without_path(facts, import_problem.path) or (_renamed(facts, import_problem) if own else ())


def _renamed(facts: Facts, import_problem: ImportProblem) -> tuple[Remedy, ...]:
    """Rename the file, or the package whose __init__.py it is; another environment needs its own."""
    path = import_problem.path.removesuffix("/__init__.py")
    folder, name = os.path.split(path)
    if in_packages(path):
        away = Remedy("another-folder", text("Start PyTriton from another folder"))
        return (away,) if folder == facts.cwd else ()
    new = os.path.join(folder, "my_" + name)
    return (cure("rename-file", text("Rename {file}", file=name), Move(path, new)),)


@check(
    "package-too-old",
    "error",
    title="The package {module} is too old for the packages beside it",
    explanation="The import fails, because {detail}.",
    means="Generated code checks at import that its runtime (protobuf, grpcio) is not older than the "
    "generator. Another package has pinned the runtime to an older version.",
    verified="grpcio below 1.60 in a real environment: RuntimeError at import.",
    by_hand="Upgrade the package, or install an older tritonclient.",
    reads=(
        "barriers",
        "interpreter.builtin_modules",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "pytriton.damaged",
    ),
)
def package_too_old(facts: Facts) -> Iterator[CheckResult]:
    for _closure, problem in _problems(facts, "too-old"):
        name = distribution_of(problem.module).partition("[")[0]
        update = installs(facts, (f"{name}>={problem.least}",))
        yield CheckResult(
            {"module": name, "detail": _detail(problem)},
            (_asked_by(problem),),
            (cure("update-package", text("Upgrade it"), update),),
        )


@check(
    "numpy-too-new",
    "error",
    title="NumPy {version} is too new for PyTriton's stub",
    explanation="The stub was built for NumPy 1 and misreads NumPy 2 arrays: the model loads, but its "
    "answers are empty or fail.",
    means="nvidia-pytriton requires numpy<2; another package pulled in a newer one.",
    verified="numpy 2.2 in a real environment: the server starts, but the answer from Linear has no "
    "data. The stub's pybind11 looks for numpy.core only.",
    by_hand="pip install 'numpy<2'",
    reads=(
        "cwd",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "launch.stub",
        "launch.stub_python.numpy_2",
        "variables",
    ),
)
def numpy_too_new(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or launch.stub_python is None or launch.stub_python.numpy_2:
        return
    for closure in launch.imports:
        if closure.role == "stub" and closure.numpy and order(closure.numpy)[:1] >= (2,):
            older = installs(facts, ("numpy<2",))
            remedy = cure("older-numpy", text("Install NumPy 1"), older)
            yield CheckResult(
                {"version": closure.numpy},
                (text("{stub} does not contain numpy._core", stub=launch.stub),),
                (remedy, *without_path(facts, closure.numpy_path)),
            )


RULES = (
    package_missing,
    package_hidden_from_stub,
    package_not_loadable,
    package_damaged,
    package_shadowed,
    package_too_old,
    numpy_too_new,
)
