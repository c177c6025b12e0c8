"""The libpython that the stub embeds: is it found, and does it match the interpreter?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tritondoctor.checks.edits import Conda, Link, Move
from tritondoctor.checks.installing import conda_installs
from tritondoctor.checks.library_path import before, drop_folder
from tritondoctor.checks.links import found_by, groups, how_found, own_sign, search_evidence
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, cure, text
from tritondoctor.checks.wheel import libpython_is_foreign
from tritondoctor.facts.interpreter.model import LibPython
from tritondoctor.facts.model import Facts


def right_one(facts: Facts) -> LibPython | None:
    """Return the libpython on this machine with the interpreter's own version, if there is one."""
    return next(
        (
            libpython
            for libpython in facts.libpythons
            if libpython.version == facts.interpreter.stdlib_version
        ),
        None,
    )


def link_it(facts: Facts, soname: str, path: str = "", rule: str = "") -> tuple[Remedy, ...]:
    """Return the least invasive cure: one link in a folder that the stub searches before it finds the
    present library (at `path`, by `rule`); otherwise how to get the file.
    """
    libpython, interpreter = right_one(facts), facts.interpreter
    if libpython is not None and facts.pytriton is not None:
        link, first = before(facts, soname, libpython.path, path, rule)
        if first:
            title = text("Link the interpreter's own libpython where the stub looks first")
            return (cure("link-libpython-first", title, link),)
        title = text("Link the interpreter's own libpython next to PyTriton's libraries")
        return (cure("link-libpython", title, link),)
    if interpreter.kind == "conda":
        return (
            cure(
                "restore-libpython",
                text("Let conda restore its Python's shared library"),
                _same_python(facts),
            ),
        )
    if interpreter.base_prefix == "/usr":
        how = f"apt-get install libpython{interpreter.minor}"
    elif "/.pyenv/" in interpreter.base_prefix or "/pyenv/" in interpreter.base_prefix:
        how = f"PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force {interpreter.version}"
    else:
        return (
            Remedy(
                "shared-python",
                text("Use a Python {minor} that was built with --enable-shared",
                     minor=interpreter.minor),
            ),
        )  # fmt: skip
    title = text("Get this Python's shared library")
    return (Remedy("install-libpython", title, (how,)),)


def _same_python(facts: Facts) -> Conda:
    """Return an edit that installs the same build from the same channel, by conda's own record."""
    interpreter = facts.interpreter
    own = [prefix for prefix in facts.conda if prefix.prefix == interpreter.prefix]
    packages = [package for prefix in own for package in prefix.packages]
    python = next((package for package in packages if package.name == "python"), None)
    if python is None or python.version != interpreter.version:
        return conda_installs(facts, interpreter.prefix, f"python={interpreter.version}", again=True)
    channel = re.fullmatch(r"([\w:/.~-]+?)(?:/(?:linux-\w+|noarch))?/?", python.channel)
    channels = (channel.group(1),) if channel else ()
    spec = f"python={python.version}={python.build}"
    return conda_installs(facts, interpreter.prefix, spec, again=True, channels=channels)


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
        "conda_front_end",
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
        "launch.workspace.path",
        "libpythons",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.package",
    ),
)
def libpython_missing(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "libpython-missing"):
        version = facts.interpreter.stdlib_version
        evidence = list(search_evidence(group))
        libpython = right_one(facts)
        if libpython is not None:
            evidence.append(text("the right one is {path} ({where})", path=libpython.path,
                                 where=libpython.where))  # fmt: skip
        else:
            evidence.append(text("no libpython {version} was found on this machine", version=version))
        remedies = () if facts.pytriton is None else link_it(facts, group.name)
        yield CheckResult({"soname": group.name, "version": version}, tuple(evidence), remedies)


@check(
    "libpython-wrong-build",
    "error",
    title="libpython {found} is loaded by {who}, but the standard library is {version}",
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
        "conda_front_end",
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
    launch, interpreter = facts.launch, facts.interpreter
    if launch is None or _of_another_python(facts):
        return
    if interpreter.libpython and interpreter.version != interpreter.stdlib_version:
        own = LibPython(interpreter.libpython, "loaded by the interpreter", interpreter.version)
        yield _mixed(facts, own, "client", interpreter.path)
        return
    if launch.stub_python is not None and not launch.stub_python.ours:
        return
    for loaded, role, who in (
        (launch.libpython, "stub", text("the stub")),
        (launch.child_libpython, "child", text("the processes that the stub starts")),
    ):
        if loaded is not None and loaded.version not in (None, interpreter.stdlib_version):
            yield _mixed(facts, loaded, role, who)
            return


def _of_another_python(facts: Facts) -> bool:
    loaded = facts.launch.libpython if facts.launch else None
    version = loaded.version if loaded else None
    other = version is not None and not version.startswith(facts.interpreter.minor + ".")
    return other or libpython_is_foreign(facts)


def _mixed(facts: Facts, loaded: LibPython, role: str, who: object) -> CheckResult:
    """Describe a process whose libpython and standard library are from different releases."""
    launch, interpreter = facts.launch, facts.interpreter
    assert launch is not None
    program = next(program for program in launch.programs if program.role == role)
    linked = next(
        library for library in program.objects if os.path.join(facts.cwd, library.path) == loaded.path
    )
    evidence: list[Text] = [
        text("{path} is {version}, found {how}", path=loaded.path,
             version=loaded.version, how=how_found(linked.found_by)),
        text("{path} is {version}", path=interpreter.stdlib, version=interpreter.stdlib_version),
    ]  # fmt: skip
    lacks = [text("needed, but not in this libpython: {what}", what=what) for what in loaded.lacks]
    for closure in launch.imports:
        for module in closure.problems:
            if closure.role == role and module.module in interpreter.builtin_modules:
                lacks.append(text("module {name} is built into {python}, but not into this libpython",
                                  name=module.module, python=interpreter.executable))  # fmt: skip
            lacks += [
                text("{said}", said=problem.message)
                for problem in module.link
                if closure.role == role and problem.kind == "undefined"
            ]
    consequence = text("no difference that affects the start is known, but errors may appear later.")
    if lacks:
        consequence = text("it lacks what the model needs to start.")
    libpython = right_one(facts)
    right = [text("the right one is {path}", path=libpython.path)] if libpython is not None else []
    return CheckResult(
        {"who": who, "found": loaded.version, "version": interpreter.stdlib_version,
         "consequence": consequence},
        (*evidence, *lacks[:3], *right),
        (drop_folder(facts, loaded.path) if role == "client" else ())
        or link_it(facts, linked.name, loaded.path, linked.found_by),
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
        "conda_front_end",
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
    interpreter, launch = facts.interpreter, facts.launch
    if libpython_is_foreign(facts) and interpreter.libpython is not None:
        name = os.path.basename(interpreter.libpython)
        minor = name[len("libpython") :].partition(".so")[0]
        yield CheckResult(
            {
                "file": interpreter.libpython,
                "found": interpreter.version,
                "minor": minor,
                "who": interpreter.path,
                "why": _why_loaded(interpreter.libpython, minor),
            },
            (text("it starts as Python {version}", version=interpreter.version),),
            (_remove(interpreter.libpython),),
        )
        return
    loaded = launch.libpython if launch else None
    if loaded is None or loaded.version is None or facts.pytriton is None:
        return
    if interpreter.minor not in facts.pytriton.stubs:
        return  # there is no stub for this Python at all
    rule = found_by(facts, loaded.path)
    if ".".join(loaded.version.split(".")[:2]) != interpreter.minor:
        misnamed = _is_named_for(loaded.path, interpreter.minor)
        yield CheckResult(
            {"file": loaded.path, "found": loaded.version, "minor": interpreter.minor,
             "who": text("PyTriton's stub"), "why": _why_loaded(loaded.path, interpreter.minor)},
            (),
            (
                *(drop_folder(facts, loaded.path) if rule == "preload" else ()),
                *(link_it(facts, os.path.basename(loaded.path), loaded.path, rule) if misnamed else ()),
                *((_remove(loaded.path),) if misnamed else ()),
            ),
        )  # fmt: skip


def _is_named_for(path: str, minor: str) -> bool:
    """Return whether a file has the name of that Python's library."""
    return os.path.basename(path).startswith(f"libpython{minor}.so")


def _why_loaded(path: str, minor: str) -> Text:
    if _is_named_for(path, minor):
        return text("its name is that of Python {minor}'s library", minor=minor)
    return text("it is found first")


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
        "pytriton.libs",
    ),
)
def python3_elsewhere(facts: Facts) -> Iterator[CheckResult]:
    launch, interpreter = facts.launch, facts.interpreter
    if launch is None or launch.stub_python is None or launch.server_path is None:
        return
    embedded = launch.stub_python
    if embedded.ours and embedded.minor in (interpreter.minor, None):
        return
    if facts.pytriton is not None and own_sign(facts.pytriton.libs) == ":":
        return  # which separates folders on PATH, too
    own = os.path.join(interpreter.exec_prefix, "bin", "python3")
    beside = os.path.dirname(interpreter.executable) == os.path.dirname(own)
    evidence = [text("the server's PATH: {path}", path=launch.server_path)]
    if embedded.stdlib:
        evidence.append(text("it would use the standard library {path}", path=embedded.stdlib))
    if embedded.minor not in (interpreter.minor, None):
        evidence.append(text("{path} is Python {minor}", path=embedded.executable,
                             minor=embedded.minor))  # fmt: skip
    yield CheckResult(
        {"found": embedded.executable or text("none"), "python": interpreter.executable},
        tuple(evidence),
        (
            cure(
                "link-python3",
                text("Create the environment's python3"),
                Link(own, os.path.basename(interpreter.executable) if beside else interpreter.executable),
            ),
        ),
    )


RULES = (libpython_missing, libpython_wrong_build, libpython_wrong_version, python3_elsewhere)
