"""Code that Python runs at startup, which the doctor reads but does not run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.checks.harmful_code import stops
from tritondoctor.checks.model import CheckResult, Remedy, Severity, check, listed, text
from tritondoctor.facts.interpreter.model import StartupChange, StartupCode
from tritondoctor.facts.interpreter.startup_code import may_provide
from tritondoctor.facts.model import Facts

_MOST, _WIDEST = 6, 200
_SELFTEST = "tritondoctor selftest"
_MORE = "{first}, {second},"


def explains(facts: Facts, module: str) -> bool:
    """Return whether code that was not run may provide a module that was not found."""
    return bool(may_provide(facts.interpreter.startup_code, module))


@check(
    "pth-code-not-followed",
    "warning",
    title="Whether Python finds {modules} depends on code that was not run",
    explanation="tritondoctor never runs an environment's own code. Python runs the code below at "
    "every start, and it may add {modules} to what can be imported.",
    means="A .pth file, sitecustomize or usercustomize contains code that changes where modules come "
    "from, as editable installs do. The doctor reads that code but does not run it, so it cannot see "
    "what it adds.",
    verified="Editable installs of setuptools, and a sitecustomize that adds a folder to sys.path.",
    by_hand="Import the module with the environment's interpreter; if that fails, install it.",
    reads=(
        "interpreter.path",
        "interpreter.starts",
        "interpreter.startup_code",
        "launch.imports",
        "pytriton",
    ),
)
def pth_code_not_followed(facts: Facts) -> Iterator[CheckResult]:
    modules = [module for module in _not_found(facts) if explains(facts, module)]
    code = [module for name in modules for module in may_provide(facts.interpreter.startup_code, name)]
    if modules:
        names = (
            listed(modules) if len(modules) <= 3 else text("{names} …", names=listed(modules[:3], _MORE))
        )
        lines = [
            text("{file}: {line}", file=code_line.file, line=code_line.text)
            for code_line in dict.fromkeys(code)
        ]
        command = f"{shlex.quote(facts.interpreter.path)} -c 'import {modules[0]}'"
        remedy = Remedy("import-by-hand", text("Try to import it"), (command,))
        # without PyTriton's files nothing of its start can be examined: that is no all-clear
        severity: Severity = "warning" if facts.pytriton else "error"
        yield CheckResult({"modules": names}, tuple(lines[:_MOST]), (remedy,), severity)


@check(
    "startup-code-changes-process",
    "warning",
    title="Code that Python runs at its start changes the process",
    explanation="tritondoctor reads such code and does not run it: {consequence}",
    means="A sitecustomize, a usercustomize or a .pth file sets variables, limits, warnings or modules "
    "of every Python that starts in this environment, PyTriton's own processes included.",
    verified="A sitecustomize.py with setrlimit (50 open files, 1 GB of address space), "
    "warnings.simplefilter('error'), sys.modules['grpc'] = None, setrecursionlimit(60), sys.path = [], "
    "sys.stderr.close(), gevent's patch_all(): PyTriton fails. Where socket.socket, os.fork or "
    "builtins.__import__ are replaced, it depends on the replacement.",
    by_hand="Read the file. Take the line out, or start PyTriton from an environment without it; "
    "`tritondoctor selftest` runs the code and shows what comes of it.",
    reads=("interpreter.startup_code", "launch.imports", "launch.largest_file"),
)
def startup_code_changes_process(facts: Facts) -> Iterator[CheckResult]:
    if facts.launch is None:
        return
    missed = {
        problem.module
        for closure in facts.launch.imports
        for problem in closure.problems
        if problem.reason == "set-to-none"
    }
    touched = {module for closure in facts.launch.imports for module in closure.touched}
    for code in facts.interpreter.startup_code:
        changes = [change for change in code.changes if _matters(change, missed, touched)]
        certain = [change for change in changes if change.certain]
        stopping = [change for change in certain if _stops(change, missed, facts.launch.largest_file)]
        if changes:
            yield _changing(code, changes, stopping)


def _stops(change: StartupChange, missed: set[str], largest_file: int) -> bool:
    """Return whether PyTriton does not start with this statement."""
    statement = change.canonical or change.statement
    return bool(missed.intersection(change.blocks)) or stops(statement, largest_file)


def _matters(change: StartupChange, missed: set[str], touched: set[str]) -> bool:
    """Return whether a start may tell the difference."""
    if change.blocks and change.certain:
        return bool(missed.intersection(change.blocks))
    return not change.touches or bool(touched.intersection(change.touches))


def _changing(
    code: StartupCode, changes: Sequence[StartupChange], stopping: Sequence[StartupChange]
) -> CheckResult:
    consequence = text("a real start will tell whether that stops PyTriton.")
    if stopping:
        consequence = text("with this statement PyTriton does not start.")
    statements = dict.fromkeys(_first_line(change.statement) for change in stopping or changes)
    lines = [text("{file}: {line}", file=code.file, line=line) for line in statements]
    edit = text("Take it out of {file}", file=code.file)
    see = text("Look at a real start")
    remedy = Remedy("take-code-out", edit) if stopping else Remedy("see-a-start", see, (_SELFTEST,))
    severity: Optional[Severity] = "error" if stopping else None
    return CheckResult({"consequence": consequence}, tuple(lines[:_MOST]), (remedy,), severity)


def _first_line(statement: str) -> str:
    line, more, _ = statement.partition("\n")
    return line[:_WIDEST] + ("…" if more or len(line) > _WIDEST else "")


def _not_found(facts: Facts) -> Iterator[str]:
    """Yield the modules of the launch that were not found, each once."""
    if facts.pytriton is None and facts.interpreter.starts:
        yield "pytriton"
    closures = facts.launch.imports if facts.launch else ()
    problems = [problem for closure in closures for problem in closure.problems]
    missing = [
        problem
        for problem in problems
        if problem.kind == "missing" and not (problem.hidden_at or problem.reason == "set-to-none")
    ]
    yield from dict.fromkeys(problem.module for problem in missing)


RULES = (pth_code_not_followed, startup_code_changes_process)
