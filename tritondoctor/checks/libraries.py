"""Any library that a process of the launch loads; the run-time libraries of C and C++: runtimes.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from shlex import quote

from tritondoctor.checks.advice import order
from tritondoctor.checks.edits import OWN_ENVIRONMENT, Move
from tritondoctor.checks.installing import installs
from tritondoctor.checks.library_path import drop_folder, link_runtime
from tritondoctor.checks.links import (
    ROLES,
    groups,
    loading_evidence,
    messages,
    own_sign,
    search_evidence,
)
from tritondoctor.checks.model import CheckResult, Remedy, check, cure, listed, text
from tritondoctor.checks.python_path import in_packages
from tritondoctor.facts.model import Facts


@check(
    "library-missing",
    "error",
    title="{soname} is not found",
    explanation="What fails to start without it: {who}.",
    means="A shared library that a program or extension module needs is on none of the loader's paths.",
    verified="Libraries that wheels contain (numpy.libs, pyzmq.libs) removed: ImportError … cannot "
    "open shared object file.",
    by_hand="Install the package that contains it, or reinstall the package that needs it.",
    reads=(
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "pytriton.damaged",
        "pytriton.package",
    ),
)
def library_missing(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "library-missing"):
        yield CheckResult(
            {"soname": group.name, "who": group.who},
            tuple(search_evidence(group)),
            _reinstall_owner(facts, group.first.needed_by),
        )


def _reinstall_owner(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return a remedy that reinstalls the distribution whose extension module needs `path`."""
    for closure in facts.launch.imports if facts.launch else ():
        for module in closure.problems:
            paths = {module.path, *(problem.needed_by for problem in module.link)}
            if module.owner is not None and path in paths:
                again = installs(facts, (module.owner,), again=True)
                title = text("Install {name} again", name=module.owner)
                return (cure("reinstall-package", title, again),)
    return ()


@check(
    "library-damaged",
    "error",
    title="{file} is not a usable library",
    explanation="The loader finds it first and stops there, even if a sound one comes later. What "
    "fails to start: {who}.",
    means="A file with a library's name is empty, truncated, a text, or a folder. The loader skips a "
    "library for another processor, but not such a file.",
    verified="A text named libstdc++.so.6 and an empty libpython first on LD_LIBRARY_PATH: `file too "
    "short`, `invalid ELF header`.",
    by_hand="Remove the file, or take its folder off LD_LIBRARY_PATH.",
    reads=(
        "cwd",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.package",
        "runtimes",
        "shell",
    ),
)
def library_damaged(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "library-damaged"):
        yield CheckResult(
            {"file": group.name, "who": group.who},
            (*messages(group), text("affects {who}", who=group.who)),
            _drop_tried(facts, group.name),
        )


def _drop_tried(facts: Facts, path: str) -> tuple[Remedy, ...]:
    folder = os.path.normpath(os.path.dirname(path))
    for element in facts.library_path:
        if os.path.normpath(os.path.join(facts.cwd, element.text)) == folder:
            away = cure(
                "move-away",
                text("Rename {file} so that it is not found", file=os.path.basename(path)),
                Move(path, path + ".bad"),
            )
            own = () if in_packages(path) else (away,)
            return (*link_runtime(facts, path), *own, *drop_folder(facts, path))
    return _reinstall_owner(facts, path)


@check(
    "library-too-old",
    "error",
    title="{library} does not have {versions}",
    explanation="It is older than the library that its users were built with. What fails to start: "
    "{who}.",
    means="Two versions of a library conflict: the one that comes first on the loader's paths is older "
    "than the one that an extension module was built with.",
    verified="Small libraries with version definitions, compiled by the tests, against the real loader.",
    by_hand="Take its folder off LD_LIBRARY_PATH, or upgrade the library there.",
    reads=(
        "cwd",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.package",
        "shell",
    ),
)
def library_too_old(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "library-too-old"):
        path = group.first.provider
        yield CheckResult(
            {"library": path, "versions": listed(group.versions), "who": group.who},
            loading_evidence(facts, group),
            drop_folder(facts, path),
        )


@check(
    "library-refused",
    "error",
    title="The loader rejects {file}",
    explanation="What fails to start: {who}.",
    means="The file needs a newer processor, or does not fit the process in another way that the "
    "loader's message names.",
    verified="Layouts compiled by the tests, against the real loader.",
    by_hand="Replace the file with one built for this machine.",
    reads=(
        "cwd",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.package",
        "shell",
    ),
)
def library_refused(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "library-refused"):
        yield CheckResult(
            {"file": group.name, "who": group.who},
            loading_evidence(facts, group),
            drop_folder(facts, group.name),
        )


@check(
    "program-interpreter-missing",
    "error",
    title="{file} needs a loader that this machine does not have",
    explanation="The program names a dynamic loader that does not exist here. The kernel then reports "
    "that the program itself is not found.",
    means="A glibc program on musl, or a program for another architecture or root file system.",
    verified="Programs with another PT_INTERP, compiled by the tests: `cannot execute: required file "
    "not found`.",
    by_hand="Use a distribution with glibc for this architecture.",
    reads=(
        "host.libc",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "pytriton.damaged",
        "pytriton.package",
    ),
)
def program_interpreter_missing(facts: Facts) -> Iterator[CheckResult]:
    if facts.host.libc == "musl":
        return
    for group in groups(facts, "program-interpreter-missing"):
        yield CheckResult({"file": group.name}, tuple(messages(group)), ())


#: from this Python on, the stub fails on paths that are not ASCII (pybind11::cast_error)
_NOT_ASCII_FAILS = (3, 12)


@check(
    "environment-path-unsafe",
    "error",
    title="The environment's path contains {sign}, and PyTriton does not start from there",
    explanation="{what}. What fails to start: {who}.",
    means="PyTriton tells the loader in LD_LIBRARY_PATH where its libraries lie. There `:` and `;` "
    "separate folders, and `$LIB`, `$ORIGIN` and `$PLATFORM` stand for other names. Folders named by the "
    "time (2024-05-01T10:00) have such a path. The stub of Python 3.12 and later fails on letters that "
    "are not ASCII.",
    verified="Environments in folders named a:b, a;b and a$LIB: tritonserver finds no library, "
    "and with $LIB NumPy does not load either. In folders with é or Chinese letters Python 3.12 and 3.13 "
    "fail; 3.8, 3.9 and 3.11 serve. Through a link whose path is plain, all serve.",
    by_hand="Make the environment in a folder whose path has none of these characters.",
    reads=(
        "interpreter.minor",
        "interpreter.prefix",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.stub_python.encoding",
        "launch.uncopyable",
        "launch.workspace.path",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.package",
    ),
)
def environment_path_unsafe(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "environment-path-unsafe"):
        sign = own_sign(group.name) or own_sign(facts.pytriton.libs if facts.pytriton else "")
        what = text("The loader ends a folder's name at {sign}", sign=sign)
        if sign.startswith("$"):
            what = text("The loader puts another name in place of {sign}", sign=sign)
        fields = {"sign": sign, "what": what, "who": group.who}
        yield CheckResult(fields, tuple(search_evidence(group)), _elsewhere(group.name))
    stub = facts.launch.stub_python if facts.launch else None
    prefix, minor = facts.interpreter.prefix, order(facts.interpreter.minor)
    if stub is not None and stub.encoding == "ascii" and minor >= _NOT_ASCII_FAILS:
        letters = [letter for letter in prefix if not letter.isascii()]
        what = text("The Python inside the stub uses ASCII, and ends with pybind11::cast_error")
        if letters:
            fields = {"sign": letters[0], "what": what, "who": ROLES["stub"]}
            yield CheckResult(fields, (text("{path}", path=prefix),), _elsewhere(prefix))


def _elsewhere(prefix: str) -> tuple[Remedy, ...]:
    anew = text("Make an environment in a folder whose path has no such character")
    link = text("Go to it through a link, and start ~/env/bin/python")
    return (
        Remedy("own-environment", anew, (OWN_ENVIRONMENT,)),
        Remedy("through-a-link", link, (f"ln -sT {quote(prefix)} ~/env",)),
    )


RULES = (
    library_missing, library_damaged, library_too_old, library_refused, program_interpreter_missing,
    environment_path_unsafe,
)  # fmt: skip
