"""Code that Python runs at its start, which the doctor reads and does not run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, Remedy, Severity, check, listed, text
from tritondoctor.facts.interpreter.startup_code import may_provide
from tritondoctor.facts.model import Facts

_MOST = 6
_MORE = "{first}, {second},"


def explains(facts: Facts, module: str) -> bool:
    """Whether a module that is not found may come from code that was not run."""
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
            text("{file}: {line}", file=fromkey.file, line=fromkey.text)
            for fromkey in dict.fromkeys(code)
        ]
        command = f"{shlex.quote(facts.interpreter.path)} -c 'import {modules[0]}'"
        remedy = Remedy("import-by-hand", text("Try to import it"), (command,))
        # without PyTriton's files nothing of its start can be examined: that is no all-clear
        severity: Severity = "warning" if facts.pytriton else "error"
        yield CheckResult({"modules": names}, tuple(lines[:_MOST]), (remedy,), severity)


def _not_found(facts: Facts) -> Iterator[str]:
    """The modules of the launch that were not found, each once."""
    if facts.pytriton is None and facts.interpreter.starts:
        yield "pytriton"
    closures = facts.launch.imports if facts.launch else ()
    problems = [problem for closure in closures for problem in closure.problems]
    missing = [problem for problem in problems if problem.kind == "missing" and not problem.hidden_at]
    yield from dict.fromkeys(problem.module for problem in missing)


RULES = (pth_code_not_followed,)
