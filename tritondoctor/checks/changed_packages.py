"""Packages whose sources are not as they were installed, though nothing says that the launch fails."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.installing import installs
from tritondoctor.checks.model import CheckResult, check, cure, text
from tritondoctor.facts.model import Facts

_MOST = 4


@check(
    "package-changed",
    "warning",
    title="Files of {name} are not as they were installed",
    explanation="Their sizes are not those in its RECORD: {count}. Whether parts of two releases fit "
    "together, or what is left of a file suffices, only a start shows.",
    means="Somebody edited the package, a copy was cut short, or another release was laid over it.",
    verified="The Python files of pyzmq 26.2 over those of 27.3, and NumPy 1.24's over those of 1.26: "
    "each can be read, and their import fails.",
    by_hand="Install the same version again if the change was not intended.",
    reads=(
        "interpreter.kind", "interpreter.managed", "interpreter.path", "interpreter.pip",
        "launch.imports",
    ),
)  # fmt: skip
def package_changed(facts: Facts) -> Iterator[CheckResult]:
    closures = facts.launch.imports if facts.launch else ()
    if any(closure.problems for closure in closures):
        return  # there is a cause already
    files = {file.path: file.owner for closure in closures for file in closure.changed}
    for owner in sorted({*files.values()}):
        paths = [path for path, of in files.items() if of == owner]
        again = cure(
            "reinstall-package", text("Install {name} again", name=owner),
            installs(facts, (owner,), again=True),
        )  # fmt: skip
        evidence = tuple(text("{path}", path=path) for path in paths[:_MOST])
        yield CheckResult({"name": owner, "count": len(paths)}, evidence, (again,))


RULES = (package_changed,)
