"""Versions of installed packages that do not go together, by their metadata and compiled modules."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.checks.distributions import name_of
from tritondoctor.checks.installing import installs
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, cure, text
from tritondoctor.checks.python_path import without_path
from tritondoctor.facts.imports.model import BuiltForAnother, ImportProblem, UnmetRequirement
from tritondoctor.facts.model import Facts
from tritondoctor.support import own_files

#: how an import fails where a module is of another version than the importer needs
_BY_VERSION = ("lacks-names", "runtime-too-old", "invalid-syntax")
#: … and why one is missing that is there in any version
_NOT_BY_VERSION = ("other-python", "in-archive", "broken-link", "folder")


def words_of(unmet: UnmetRequirement) -> Text:
    """Say in a sentence what is required and what there is."""
    template = "{name} {version} needs {requirement}, and it is not installed"
    if unmet.found is not None:
        template = "{name} {version} needs {requirement}, and {found} is installed"
    fields = {"name": unmet.name, "version": unmet.version, "requirement": unmet.requirement}
    return text(template, **fields, **({"found": unmet.found} if unmet.found is not None else {}))


def explains(facts: Facts, problem: ImportProblem) -> bool:
    """Return whether a module is in a version that does not go with the others, and fails by that."""
    by_version = any(_fails_by(unmet, problem) for unmet in _violated(facts))
    return by_version or problem.reason == "generated-too-old"


def newer_importer(facts: Facts, problem: ImportProblem) -> tuple[Remedy, ...]:
    """Return advice where a module is too old for this Python: it takes what the library has no more."""
    stdlib, asked_by = facts.interpreter.stdlib, problem.asked_by
    inside = problem.at.startswith(f"{stdlib}/") and "-packages/" not in problem.at
    if problem.reason != "lacks-names" or not inside or problem.importer.startswith(f"{stdlib}/"):
        return ()
    taken_off = without_path(facts, problem.importer)
    if asked_by is None or taken_off:
        return taken_off
    update = installs(facts, (asked_by.replace("==", ">"),))
    return (cure("update-package", text("Upgrade it"), update),)


def _fails_by(unmet: UnmetRequirement, problem: ImportProblem) -> bool:
    if name_of(problem.module) != unmet.needs or problem.reason in _NOT_BY_VERSION:
        return False
    return problem.reason in _BY_VERSION or (problem.kind == "missing" and "." in problem.module)


def _violated(facts: Facts) -> Iterator[UnmetRequirement]:
    """Yield what is installed in another version than required; what is missing shows by its import."""
    for unmet in facts.launch.unmet if facts.launch else ():
        if unmet.found is not None:
            yield unmet


@check(
    "package-version-conflict",
    "warning",
    title="{needs} {found} is installed, but {name} {version} requires {requirement}",
    explanation="{effect}",
    means="PyTriton, or a package that it needs, states in its metadata which versions of other packages "
    "it works with. Another version is installed: by pip --no-deps, by conda, or because another package "
    "was installed later and asked for it.",
    verified="tritonclient 2.24 beside protobuf 6, protobuf 3.20 beside tritonclient 2.73: PyTriton "
    "fails (an error here). Versions that are only a little too old or new serve (a warning).",
    by_hand="Install the version that is required, or PyTriton into an environment of its own.",
    reads=(
        "cwd",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.built_for_another",
        "launch.imports",
        "launch.stub_python.numpy_2",
        "launch.unmet",
        "variables",
    ),
)
def package_version_conflict(facts: Facts) -> Iterator[CheckResult]:
    by_package: dict[str, list[UnmetRequirement]] = {}
    for unmet in _violated(facts):
        by_package.setdefault(unmet.needs, []).append(unmet)
    for needs, violated in by_package.items():
        first = violated[0]
        if any((built.base, built.package) == (needs, first.name) for built in _built(facts)):
            continue  # reported as what it is
        generated = _generated_too_old(facts)
        if generated is not None and needs in ("protobuf", name_of(generated.module)):
            continue
        if needs == "numpy" and _numpy_is_too_new(facts):
            continue
        problem = _problem(facts, first)
        fails = problem is not None or _is_known_to_fail(first)
        effect = text("It may work all the same. PyTriton's imports are complete.")
        if any(closure.problems for closure in (facts.launch.imports if facts.launch else ())):
            effect = text("It may work all the same.")
        if fails:
            effect = text("PyTriton was started with such a version, and failed.")
        if problem is not None:
            effect = text("Because of it, {module} cannot be imported.", module=_failing(problem))
        required = installs(facts, (_together(violated),))
        title = text("Install the version that is required")
        if fails:
            title = text("Install the version that is required, if no other package here needs another")
        remedy = cure("required-version", title, required)
        yield CheckResult(
            {"needs": needs, "found": first.found, "name": first.name, "version": first.version,
             "requirement": first.requirement, "effect": effect},
            tuple(words_of(unmet) for unmet in violated[1:]),
            (*without_path(facts, first.place), *(_for_all(facts) if fails else ()), remedy),
            "error" if fails else "warning",
        )  # fmt: skip


def _failing(problem: ImportProblem) -> str:
    """The module that fails: the importer, where it refuses the version of what it imports."""
    above = problem.importer.rpartition("-packages/")[2]
    if not above or problem.reason != "runtime-too-old":
        return problem.module
    return re.sub(r"(/__init__)?\.py$", "", above).replace("/", ".")


def _for_all(facts: Facts) -> tuple[Remedy, ...]:
    """What pip is told may break another package; `fix` asks for versions that all of them take."""
    python = facts.interpreter.path
    title = text("Let `fix` choose versions that go with all packages here; it asks before it does")
    return (Remedy("fix-together", title, (f"tritondoctor fix --python {shlex.quote(python)}",)),)


def _together(violated: Sequence[UnmetRequirement]) -> str:
    """Return one requirement for all that is asked of a package, under its canonical name."""
    if len(violated) == 1:
        return violated[0].requirement
    specifiers = (re.sub(r"^[\w.-]+", "", unmet.requirement) for unmet in violated)
    parts = dict.fromkeys(part for specifier in specifiers for part in specifier.split(","))
    return violated[0].needs + ",".join(parts)


def _problem(facts: Facts, unmet: UnmetRequirement) -> Optional[ImportProblem]:
    problems = (problem for closure in facts.launch.imports for problem in closure.problems) if (
        facts.launch
    ) else iter(())  # fmt: skip
    return next((problem for problem in problems if _fails_by(unmet, problem)), None)


def _is_known_to_fail(unmet: UnmetRequirement) -> bool:
    """Return whether a start failed with such a version (`make sweep-versions` wrote the table)."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    versions = own_files.table("fails_with.json")["versions"].get(unmet.needs)
    if versions is None or unmet.found is None:
        return False
    try:
        return SpecifierSet(versions).contains(unmet.found, prereleases=True)
    except InvalidVersion:
        return False


def _numpy_is_too_new(facts: Facts) -> bool:
    launch = facts.launch
    if launch is None or launch.stub_python is None or launch.stub_python.numpy_2:
        return False
    return any(
        closure.role == "stub" and (closure.numpy or "").startswith("2.") for closure in launch.imports
    )


@check(
    "built-for-another-version",
    "error",
    title="{who} was built for another version of {other}",
    explanation="{detail} Compiled and generated code works only with versions close to the one that it "
    "was built for, and pip does not always know that.",
    means="A compiled module (gevent, a package that uses NumPy) or generated code (the _pb2.py files of "
    "gRPC clients) meets another version of what it was made for: greenlet, NumPy, protobuf.",
    verified="gevent 20.9.0 with greenlet 2.0.1 on Python 3.8, 21.12.0 with 3.3.2 on 3.10, and "
    "tritonclient 2.24.0 with protobuf 6, really started; reported in greenlet#331, bottleneck#453, "
    "server#4988.",
    by_hand="Upgrade the package that was built, or install the older version of the other one. "
    "`pip check` names pairs that exclude each other; `tritondoctor advise` shows versions that fit.",
    reads=(
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.built_for_another",
        "launch.imports",
        "launch.unmet",
    ),
)
def built_for_another_version(facts: Facts) -> Iterator[CheckResult]:
    for built in _built(facts):
        yield _compiled(facts, built)
    problem = _generated_too_old(facts)
    if problem is not None:
        yield _generated(facts, problem)


def _compiled(facts: Facts, built: BuiltForAnother) -> CheckResult:
    older = installs(facts, (f"{built.base}{built.wanted}",))
    newer = installs(facts, (f"{built.package}>{built.version}",))
    detail = text(
        "It loads with {base} {wanted}; {base} {found} is installed.",
        base=built.base, wanted=built.wanted, found=built.found,
    )  # fmt: skip
    who = f"{built.package} {built.version}"
    remedies = (
        cure("newer-package", text("Install a newer {package}", package=built.package), newer),
        cure("fitting-version", text("Or the {base} it was built for", base=built.base), older),
    )
    return CheckResult({"who": who, "other": built.base, "detail": detail}, (), remedies)


def _generated(facts: Facts, problem: ImportProblem) -> CheckResult:
    name = name_of(problem.module)
    violated = [unmet for unmet in _violated(facts) if unmet.needs == name]
    remedy = cure("older-protobuf", text("Install the protobuf it was made for"),
                  installs(facts, ("protobuf<4",)))  # fmt: skip
    if violated:
        required = installs(facts, (_together(violated),))
        remedy = cure("required-version", text("Install the version that PyTriton requires"), required)
    detail = text("It was generated for protobuf 3; protobuf {found} is installed.", found=problem.have)
    evidence = (text("{path}", path=problem.path),)
    return CheckResult({"who": name, "other": "protobuf", "detail": detail}, evidence, (remedy,))


def _generated_too_old(facts: Facts) -> Optional[ImportProblem]:
    closures = facts.launch.imports if facts.launch else ()
    problems = (problem for closure in closures for problem in closure.problems)
    return next((problem for problem in problems if problem.reason == "generated-too-old"), None)


def _built(facts: Facts) -> tuple[BuiltForAnother, ...]:
    return facts.launch.built_for_another if facts.launch else ()


RULES = (package_version_conflict, built_for_another_version)
