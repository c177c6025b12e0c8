"""The libpython that the stub embeds: there, and of the interpreter's own version?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tritondoctor.checks.edits import Conda, Link, Move
from tritondoctor.checks.library_path import before, drop_folder
from tritondoctor.checks.links import found_by, groups, search_evidence
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, cure, text
from tritondoctor.checks.wheel import libpython_is_foreign
from tritondoctor.facts.model import Facts, LibPython


def right_one(facts: Facts) -> LibPython | None:
    """The libpython on this machine that is the interpreter's own version; None where none is."""
    return next(
        (
            libpython
            for libpython in facts.libpythons
            if libpython.version == facts.interpreter.stdlib_version
        ),
        None,
    )


def link_it(facts: Facts, soname: str, path: str = "", rule: str = "") -> tuple[Remedy, ...]:
    """The least invasive cure: one link, where the stub looks before what it finds now (at `path`, by
    `rule`); else how to get the file.
    """
    found, asked = right_one(facts), facts.interpreter
    if found is not None and facts.pytriton is not None:
        link, first = before(facts, soname, found.path, path, rule)
        where = "where the stub looks first" if first else "beside PyTriton's libraries"
        beside = text("Link the interpreter's own libpython {where}", where=where)
        return (cure("link-libpython-first" if first else "link-libpython", beside, link),)
    if asked.kind == "conda":
        return (
            cure(
                "restore-libpython",
                text("Let conda restore its Python's shared library"),
                _same_python(facts),
            ),
        )
    if asked.base_prefix == "/usr":
        how = f"apt-get install libpython{asked.minor}"
    elif "/.pyenv/" in asked.base_prefix or "/pyenv/" in asked.base_prefix:
        how = f"PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force {asked.version}"
    else:
        return (
            Remedy(
                "shared-python",
                text("Use a Python {minor} that was built with --enable-shared",
                     minor=asked.minor),
            ),
        )  # fmt: skip
    title = text("Get this Python's shared library")
    return (Remedy("install-libpython", title, (how,)),)


def _same_python(facts: Facts) -> Conda:
    """The very build of the very channel, as conda's own record has them."""
    asked = facts.interpreter
    packages = [
        package for prefix in facts.conda if prefix.prefix == asked.prefix for package in prefix.packages
    ]
    python = next((package for package in packages if package.name == "python"), None)
    if python is None or python.version != asked.version:
        return Conda(asked.prefix, (f"python={asked.version}",), again=True)
    found = re.fullmatch(r"([\w:/.~-]+?)(?:/(?:linux-\w+|noarch))?/?", python.channel)
    channels = (found.group(1),) if found else ()
    spec = f"python={python.version}={python.build}"
    return Conda(asked.prefix, (spec,), again=True, channels=channels)


@check(
    "libpython-missing",
    "error",
    title="PyTriton's Python backend cannot start: {soname} is not found",
    explanation="Triton runs the model in a separate program, the stub, which embeds Python {version} "
    "and needs this library. PyTriton waits until it times out, and does not say why.",
    means="PyTriton's stub needs the interpreter's shared library. The wheel does not contain it, and "
    "it is on none of the loader's paths: pyenv, uv and conda keep it in `<prefix>/lib`, Debian in the "
    "package libpython3.X, and a Python built without --enable-shared has none.",
    verified="Real starts with Python 3.8 to 3.12 whose libpython is on no path: the stub exits with "
    "`error while loading shared libraries`, and PyTriton hangs.",
    by_hand="Link the interpreter's own libpython into the folder nvidia_pytriton.libs next to the "
    "package. (Adding `<prefix>/lib` to LD_LIBRARY_PATH would expose everything else in it, too.)",
    reads=(
        "conda",
        "interpreter.base_prefix",
        "interpreter.kind",
        "interpreter.minor",
        "interpreter.prefix",
        "interpreter.program.problems",
        "interpreter.stdlib_version",
        "interpreter.version",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.creatable",
        "launch.workspace.path",
        "libpythons",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.libs_expected",
        "pytriton.package",
        "pytriton.stubs",
    ),
)
def libpython_missing(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "libpython-missing"):
        version = facts.interpreter.stdlib_version
        evidence = list(search_evidence(group))
        found = right_one(facts)
        if found is not None:
            evidence.append(text("the right one is {path} ({where})", path=found.path,
                                 where=found.where))  # fmt: skip
        else:
            evidence.append(text("no libpython {version} was found on this machine", version=version))
        remedies = () if facts.pytriton is None else link_it(facts, group.name)
        yield CheckResult({"soname": group.name, "version": version}, tuple(evidence), remedies)


@check(
    "libpython-wrong-build",
    "error",
    title="The wrong libpython is loaded by {who}: {found}, but the standard library is {version}",
    explanation="The file is found, but it belongs to another Python release than the standard "
    "library: {consequence}",
    means="A libpython with the right name but another patch release comes first on the loader's paths "
    "(for example Debian's, found via ld.so.cache), while the modules come from the environment.",
    verified="Python 3.11.7 with Debian's libpython 3.11.2: the model fails with AttributeError: "
    "'_thread.RLock' object has no attribute '_recursion_count'. 3.9.18 with 3.9.2 serves.",
    by_hand="Link the interpreter's own libpython into nvidia_pytriton.libs, and make sure that no "
    "folder on LD_LIBRARY_PATH contains another one.",
    reads=(
        "conda",
        "cwd",
        "interpreter.base_prefix",
        "interpreter.builtin_modules",
        "interpreter.executable",
        "interpreter.kind",
        "interpreter.libpython",
        "interpreter.minor",
        "interpreter.path",
        "interpreter.prefix",
        "interpreter.program",
        "interpreter.starts",
        "interpreter.stdlib",
        "interpreter.stdlib_version",
        "interpreter.version",
        "launch.child_libpython",
        "launch.imports",
        "launch.libpython.version.startswith",
        "launch.programs",
        "launch.stub_python.ours",
        "launch.workspace.path",
        "libpythons",
        "library_path",
        "pytriton.libs",
        "shell",
    ),
)
def libpython_wrong_build(facts: Facts) -> Iterator[CheckResult]:
    launch, asked = facts.launch, facts.interpreter
    if launch is None or _of_another_python(facts):
        return
    if asked.libpython and asked.version != asked.stdlib_version:
        core = LibPython(asked.libpython, "loaded by the interpreter", asked.version)
        yield _mixed(facts, core, "client", asked.path)
        return
    if launch.stub_python is not None and not launch.stub_python.ours:
        return
    for core_found, role, who in (
        (launch.libpython, "stub", "The stub"),
        (launch.child_libpython, "child", "What the stub starts"),
    ):
        if core_found is not None and core_found.version not in (None, asked.stdlib_version):
            yield _mixed(facts, core_found, role, who)
            return


def _of_another_python(facts: Facts) -> bool:
    loaded = facts.launch.libpython if facts.launch else None
    version = loaded.version if loaded else None
    other = version is not None and not version.startswith(facts.interpreter.minor + ".")
    return other or libpython_is_foreign(facts)


def _mixed(facts: Facts, core: LibPython, role: str, who: str) -> CheckResult:
    """A process whose core and standard library are of different releases."""
    launch, asked = facts.launch, facts.interpreter
    assert launch is not None
    program = next(program for program in launch.programs if program.role == role)
    linked = next(one for one in program.objects if os.path.join(facts.cwd, one.path) == core.path)
    evidence: list[Text] = [
        text("{path} is {version}, found by {rule}", path=core.path,
             version=core.version, rule=linked.found_by),
        text("{path} is {version}", path=asked.stdlib, version=asked.stdlib_version),
    ]  # fmt: skip
    lacks = [text("needed, but not in this libpython: {what}", what=what) for what in core.lacks]
    for closure in launch.imports:
        for one in closure.problems:
            if closure.role == role and one.module in asked.builtin_modules:
                lacks.append(text("module {name} is built into {python}, but not into this libpython",
                                  name=one.module, python=asked.executable))  # fmt: skip
            lacks += [
                text("{said}", said=problem.message)
                for problem in one.link
                if closure.role == role and problem.kind == "undefined"
            ]
    consequence = (
        "what starting the model needs is missing in that core."
        if lacks
        else "nothing that the start uses is known to differ, but errors of this kind show later."
    )
    found = right_one(facts)
    right = [text("the right one is {path}", path=found.path)] if found is not None else []
    return CheckResult(
        {"who": who, "found": core.version, "version": asked.stdlib_version,
         "consequence": consequence},
        (*evidence, *lacks[:3], *right),
        (drop_folder(facts, core.path) if role == "client" else ())
        or link_it(facts, linked.name, core.path, linked.found_by),
        "error" if lacks else "warning",
    )  # fmt: skip


@check(
    "libpython-wrong-version",
    "error",
    title="{file} is the library of Python {found}, not {minor}",
    explanation="Loaded by {who} in place of the library of Python {minor}, because {why}.",
    means="A link or copy gave one Python's library the name of another's, a common workaround for a "
    "missing libpython.",
    verified="libpython3.12 copied to the name libpython3.11.so.1.0 on LD_LIBRARY_PATH: modules are "
    "not found, PyTriton does not start.",
    by_hand="Remove that file and link the interpreter's own libpython instead.",
    reads=(
        "conda",
        "cwd",
        "interpreter.base_prefix",
        "interpreter.kind",
        "interpreter.libpython",
        "interpreter.minor",
        "interpreter.path",
        "interpreter.prefix",
        "interpreter.program",
        "interpreter.starts",
        "interpreter.stdlib_version",
        "interpreter.version",
        "launch.libpython.path",
        "launch.libpython.version.split",
        "launch.programs",
        "launch.workspace.path",
        "libpythons",
        "library_path",
        "pytriton.libs",
        "pytriton.stubs",
        "shell",
    ),
)
def libpython_wrong_version(facts: Facts) -> Iterator[CheckResult]:
    asked, launch = facts.interpreter, facts.launch
    if libpython_is_foreign(facts) and asked.libpython is not None:
        name = os.path.basename(asked.libpython)
        minor = name[len("libpython") :].partition(".so")[0]
        yield CheckResult(
            {
                "file": asked.libpython,
                "found": asked.version,
                "minor": minor,
                "who": asked.path,
                "why": _why_loaded(asked.libpython, minor),
            },
            (text("it starts as Python {version}", version=asked.version),),
            (_remove(asked.libpython),),
        )
        return
    loaded = launch.libpython if launch else None
    if loaded is None or loaded.version is None or facts.pytriton is None:
        return
    if asked.minor not in facts.pytriton.stubs:
        return  # there is no stub for this Python at all
    rule = found_by(facts, loaded.path)
    if ".".join(loaded.version.split(".")[:2]) != asked.minor:
        misnamed = _is_named_for(loaded.path, asked.minor)
        yield CheckResult(
            {"file": loaded.path, "found": loaded.version, "minor": asked.minor,
             "who": "PyTriton's stub", "why": _why_loaded(loaded.path, asked.minor)},
            (),
            (
                *(drop_folder(facts, loaded.path) if rule == "preload" else ()),
                *(link_it(facts, os.path.basename(loaded.path), loaded.path, rule) if misnamed else ()),
                *((_remove(loaded.path),) if misnamed else ()),
            ),
        )  # fmt: skip


def _is_named_for(path: str, minor: str) -> bool:
    """Return whether a file has the name of that Python's library; under its own name it is sound."""
    return os.path.basename(path).startswith(f"libpython{minor}.so")


def _why_loaded(path: str, minor: str) -> Text:
    if _is_named_for(path, minor):
        return text("It has the name of the library of Python {minor}", minor=minor)
    return text("It comes first")


def _remove(path: str) -> Remedy:
    title = text("Rename the file so that it is not found")
    return cure("remove-file", title, Move(path, path + ".wrong"))


@check(
    "python3-elsewhere",
    "error",
    title="The Python inside the stub uses another Python's files",
    explanation="It looks for `python3` on PATH to find its standard library and packages, and to "
    "start its child processes. It finds {found}; the target is {python}.",
    means="`<prefix>/bin` has no working python3 (an altinstall has only python3.X, a link may be "
    "broken, BASH_ENV may reset PATH), so another Python's python3 comes first on PATH.",
    verified="bin/python3 removed, replaced by a broken link, or by a link to Python 3.9 in a 3.11 "
    "environment; a prefix with python3.9 only: `No module named` in the stub.",
    by_hand="Make python3 in the environment's bin folder a link to its own interpreter.",
    reads=(
        "interpreter.exec_prefix",
        "interpreter.executable",
        "interpreter.minor",
        "launch.server_path",
        "launch.stub_python.executable",
        "launch.stub_python.minor",
        "launch.stub_python.ours",
        "launch.stub_python.stdlib",
    ),
)
def python3_elsewhere(facts: Facts) -> Iterator[CheckResult]:
    launch, asked = facts.launch, facts.interpreter
    if launch is None or launch.stub_python is None or launch.server_path is None:
        return
    embedded = launch.stub_python
    if embedded.ours and embedded.minor in (asked.minor, None):
        return
    own = os.path.join(asked.exec_prefix, "bin", "python3")
    beside = os.path.dirname(asked.executable) == os.path.dirname(own)
    evidence = [text("the server's PATH: {path}", path=launch.server_path)]
    if embedded.stdlib:
        evidence.append(text("it would use the standard library {path}", path=embedded.stdlib))
    if embedded.minor not in (asked.minor, None):
        evidence.append(text("{path} is Python {minor}", path=embedded.executable,
                             minor=embedded.minor))  # fmt: skip
    yield CheckResult(
        {"found": embedded.executable or "none", "python": asked.executable},
        tuple(evidence),
        (
            cure(
                "link-python3",
                text("Create the environment's python3"),
                Link(own, os.path.basename(asked.executable) if beside else asked.executable),
            ),
        ),
    )


RULES = (libpython_missing, libpython_wrong_build, libpython_wrong_version, python3_elsewhere)
