"""PyTriton's own distribution: whether it is installed and complete, and where its libraries are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from tritondoctor.checks import advice, permissions, startup_code
from tritondoctor.checks.edits import Mode, Variable
from tritondoctor.checks.installing import installs
from tritondoctor.checks.link_problems import problems_of
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, counted, cure, findings_of, text
from tritondoctor.checks.python_path import without_path
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.launch.model import PyTriton, Uncopyable, WheelFile
from tritondoctor.facts.model import Facts
from tritondoctor.support.messages import mark

#: how many files are listed
_MOST = 6
#: of data/pytriton_releases.json, which a sound check does not read
NEWEST_KNOWN = "0.7.0"


@check(
    "pytriton-missing",
    "error",
    title="PyTriton is not installed for {python}",
    explanation="`pytriton` is in none of the folders that this Python imports from. {fits}",
    means="nvidia-pytriton is not installed in this environment; it may be installed in another one.",
    verified="An empty venv for each Python: ModuleNotFoundError: No module named 'pytriton'.",
    by_hand="Install nvidia-pytriton with this interpreter's own pip, or name the environment that has "
    "it with --python, --prefix or --conda-env.",
    reads=(
        "host.glibc",
        "host.libc",
        "host.machine",
        "host.system",
        "interpreter.base_prefix",
        "interpreter.libpython",
        "interpreter.minor",
        "interpreter.path",
        "interpreter.site_packages",
        "interpreter.starts",
        "interpreter.sys_path",
        "interpreter.unconfigured",
        "pytriton",
    ),
)
def pytriton_missing(facts: Facts) -> Iterator[CheckResult]:
    interpreter, host = facts.interpreter, facts.host
    if not interpreter.starts or facts.pytriton is not None or libpython_is_foreign(facts):
        return
    if startup_code.explains(facts, "pytriton"):
        return
    if any(permissions.explained(facts, f"{place}/pytriton") for place in interpreter.site_packages):
        return
    fits = advice.newest_for(host.machine, host.glibc, interpreter.minor)
    if host.libc == "musl" or host.system != "Linux":
        outlook = text("No release runs on this platform.")
    elif interpreter.unconfigured:
        template = "{path} is missing, so this Python is that of {base}, with its packages."
        path = f"{interpreter.unconfigured}/pyvenv.cfg"
        outlook = text(template, path=path, base=interpreter.base_prefix)
    elif fits is not None:
        template = "Release {release} would run with Python {minor} here."
        outlook = text(template, release=fits["version"], minor=interpreter.minor)
    else:
        template = "No release runs with Python {minor} and glibc {glibc}."
        outlook = text(template, minor=interpreter.minor, glibc=host.glibc)
    searched = [text("searched: {path}", path=path) for path in interpreter.sys_path]
    yield CheckResult(
        {"python": interpreter.path, "fits": outlook},
        tuple(searched),
        advice.install(facts) if host.libc == "glibc" else (),
    )


def libpython_is_foreign(facts: Facts) -> bool:
    """Return whether the interpreter loaded a libpython of another version than its name says."""
    interpreter = facts.interpreter
    name = (interpreter.libpython or "").rpartition("/")[2]
    return bool(name) and interpreter.starts and f"python{interpreter.minor}" not in name


def reinstall(facts: Facts, installed: PyTriton) -> Remedy:
    """Install the same version of PyTriton again, its dependencies untouched."""
    again = installs(facts, (requirement(installed),), again=True)
    return cure("reinstall-pytriton", text("Install the same version again"), again)


def requirement(installed: PyTriton) -> str:
    """Return the installed release as a requirement for pip."""
    return f"nvidia-pytriton=={installed.version}" if installed.version else "nvidia-pytriton"


@check(
    "wheel-damaged",
    "error",
    title="Files of PyTriton are {states}",
    explanation="The launch uses files that are not as the wheel's own RECORD lists them. Files that "
    "differ: {count}.",
    means="An interrupted install, a full disk, a cleanup script or an edit left the wheel incomplete.",
    verified="Each ELF file and each Python file of the launch removed or truncated in a real "
    "environment: PyTriton fails or hangs.",
    by_hand="Install the same version again with --force-reinstall.",
    reads=(
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.minor",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "launch.programs",
        "pytriton.damaged",
    ),
)
def wheel_damaged(facts: Facts) -> Iterator[CheckResult]:
    installed = facts.pytriton
    if installed is None:
        return
    fatal = [
        file
        for file in installed.damaged
        if _fatal(facts, installed, file) and not permissions.explained(facts, file.path)
    ]
    if not fatal:
        return
    evidence = [_state(file) for file in fatal[:_MOST]]
    if len(fatal) > _MOST:
        evidence.append(counted("and {n} more", "and {n} more", len(fatal) - _MOST))
    yield CheckResult(
        {"states": _states(fatal), "count": len(installed.damaged)},
        tuple(evidence),
        (reinstall(facts, installed),),
    )


@check(
    "wheel-changed",
    "warning",
    title="Files of PyTriton differ from the release",
    explanation="Files that are not as the wheel's RECORD lists them: {count}. What tritondoctor knows "
    "about the release may not apply to them.",
    means="Somebody edited the installed package, or files that the launch does not use are missing.",
    verified="A source file of a real environment edited: PyTriton still serves.",
    by_hand="Reinstall the same version if the change was not intended.",
    reads=(
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.minor",
        "interpreter.path",
        "interpreter.pip",
        "launch.imports",
        "launch.programs",
        "pytriton.damaged",
    ),
)
def wheel_changed(facts: Facts) -> Iterator[CheckResult]:
    installed = facts.pytriton
    if installed is None:
        return
    others = [file for file in installed.damaged if not _fatal(facts, installed, file)]
    if others and not any(findings_of(wheel_damaged, facts)):
        evidence = [_state(file) for file in others[:_MOST]]
        yield CheckResult({"count": len(others)}, tuple(evidence), (reinstall(facts, installed),))


def _fatal(facts: Facts, installed: PyTriton, wheel_file: WheelFile) -> bool:
    """Return whether the launch fails because of the file (an edited one: if it cannot be imported)."""
    if wheel_file.state == "not-utf-8":
        return True
    if wheel_file.state == "content":
        return any(wheel_file.path == problem.path for problem in _import_problems(facts))
    return _used(facts, installed, wheel_file)


def _import_problems(facts: Facts) -> Iterator[ImportProblem]:
    for closure in facts.launch.imports if facts.launch else ():
        yield from closure.problems


def _used(facts: Facts, installed: PyTriton, wheel_file: WheelFile) -> bool:
    """Return whether the launch of the quick start needs the file, and cannot use it as it is.

    Of Python files those count that the model saw fail to import; of the stubs this Python's own.
    """
    path = wheel_file.path
    # (release 0.2 carries its libraries in another folder than its code names, and finds them by rpath)
    if os.path.dirname(path).endswith("pytriton.libs"):
        return any(
            problem.name == path.rpartition("/")[2] or path in (problem.provider, problem.name)
            for problem in problems_of(facts)
        )
    server = f"{installed.package}/tritonserver/"
    stubs = f"{server}python_backend_stubs/"
    if path in (f"{server}bin/tritonserver", f"{server}backends/python/libtriton_python.so") or (
        path.startswith(f"{stubs}{facts.interpreter.minor}/")
    ):
        return wheel_file.state != "size" or _is_at_fault(facts, os.path.basename(path))
    if path.startswith(stubs):
        return False
    return any(explains(path, import_problem) for import_problem in _import_problems(facts))


def _is_at_fault(facts: Facts, name: str) -> bool:
    """Return whether the loader refuses a file of this name; `strip` and `patchelf` leave it whole."""
    return any(
        name in (os.path.basename(problem.name), os.path.basename(problem.provider))
        for problem in problems_of(facts)
    )


def explains(path: str, problem: ImportProblem) -> bool:
    """Return whether a missing or damaged file of the wheel is why a module does not import."""
    stem = os.path.basename(path)
    if stem == "__init__.py":
        stem = os.path.basename(os.path.dirname(path))
    return path == problem.path or stem.partition(".")[0] == problem.module.rpartition(".")[2]


_STATES = {
    "missing": "{path}: missing",
    "size": "{path}: {found} bytes, the release has {expected}",
    "content": "{path}: edited",
    "unreadable": "{path}: unreadable ({found})",
    "not-utf-8": "{path}: no text (UTF-8)",
}


def _state(file: WheelFile) -> Text:
    template = _STATES.get(file.state, "{path}: {state}")
    return text(template, path=file.path, state=file.state, found=file.found, expected=file.expected)


def _states(files: Sequence[WheelFile]) -> Text:
    missing = {file.state == "missing" for file in files}
    if missing == {True, False}:
        return text("missing or damaged")
    return text("missing") if True in missing else text("damaged")


@check(
    "tritonserver-not-executable",
    "error",
    title="tritonserver has lost its execute permission",
    explanation="PyTriton copies the file with its mode and runs the copy, which fails at once with "
    "sh.CommandNotFound.",
    means="The file lost its x bit: it was copied through a file system or archive that does not keep "
    "modes.",
    verified="chmod 644 on tritonserver: sh.CommandNotFound. (A stub without the bit still serves: "
    "Triton sets it.)",
    by_hand="chmod 755 the file named above.",
    reads=("pytriton.package", "pytriton.server_mode"),
)
def tritonserver_not_executable(facts: Facts) -> Iterator[CheckResult]:
    installed = facts.pytriton
    mode = installed.server_mode if installed else None
    if installed is not None and mode is not None and not mode & 0o100:
        path = f"{installed.package}/tritonserver/bin/tritonserver"
        remedy = cure("set-execute-bit", text("Make tritonserver executable"), Mode(path, 0o755))
        yield CheckResult({}, (text("{path}: mode {mode}", path=path, mode=f"{mode:o}"),), (remedy,))


@check(
    "server-not-copyable",
    "error",
    title="PyTriton cannot copy {path}: it {why}",
    explanation="At start it copies its whole tritonserver folder into the workspace, following links, "
    "and fails with shutil.Error if any part cannot be copied.",
    means="Something in the folder pytriton/tritonserver is unreadable, or something was put there "
    "that cannot be copied: a broken link, a link back to the folder, a pipe.",
    verified="A broken link, a link to `.`, a named pipe, and a file that the user may not read, in "
    "pytriton/tritonserver: shutil.Error or PermissionError at start.",
    by_hand="Remove what does not belong there, or make it readable.",
    reads=(
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "launch.uncopyable",
        "pytriton.damaged",
    ),
)
def server_not_copyable(facts: Facts) -> Iterator[CheckResult]:
    installed, launch = facts.pytriton, facts.launch
    if installed is None or launch is None:
        return
    damaged = {file.path for file in installed.damaged}
    uncopyable = [
        file
        for file in launch.uncopyable
        if file.path not in damaged or file.state == "not-permitted"  # which is no damage
    ]
    if uncopyable:
        more = [text("{path} {why}", path=file.path, why=_why(file)) for file in uncopyable[1:6]]
        remedy, path = reinstall(facts, installed), uncopyable[0].path
        fields = {"path": path, "why": _why(uncopyable[0])}
        if uncopyable[0].state == "not-permitted" or permissions.explained(facts, path):
            remedy = permissions.give_access(path)
        yield CheckResult(fields, tuple(more), (remedy,))


_UNCOPYABLE = {
    "loop": mark("is a folder that contains itself"),
    "unreadable": "cannot be read ({problem})",
    "broken-link": "is a broken link ({problem})",
    "special": mark("is neither a file nor a folder"),
    "not-permitted": mark("may not be read by this user"),
}


def _why(part: Uncopyable) -> Text:
    template = _UNCOPYABLE[part.state]
    return text(template, problem=part.problem) if "{" in template else text(template)


@check(
    "pytriton-outside-site-packages",
    "error",
    title="PyTriton takes itself for an editable install and looks for its libraries in the wrong folder",
    explanation="The package is in none of this Python's site-packages folders, so PyTriton adds "
    "{libs} to the server's LD_LIBRARY_PATH. That folder does not exist; the libraries are in "
    "{expected}.",
    means="pip --target, PYTHONPATH, a .pth file or a copied folder put the package where Python finds "
    "it, but site.getsitepackages() does not list that folder.",
    verified="PYTHONPATH and a .pth file that lead to a real environment's packages: tritonserver "
    "exits with `cannot open shared object file`, PyTriton waits until it times out.",
    by_hand="Install PyTriton into the environment itself, or add its library folder to LD_LIBRARY_PATH.",
    reads=(
        "cwd",
        "interpreter.kind",
        "interpreter.managed",
        "interpreter.path",
        "interpreter.pip",
        "interpreter.site_packages",
        "launch.programs",
        "library_path",
        "pytriton.libs",
        "pytriton.libs_expected",
        "pytriton.package",
        "variables",
    ),
)
def pytriton_outside_site_packages(facts: Facts) -> Iterator[CheckResult]:
    installed = facts.pytriton
    if installed is None or installed.libs == installed.libs_expected or facts.launch is None:
        return
    server = next(program for program in facts.launch.programs if program.role == "tritonserver")
    if server.loads:
        return
    places = [text("site-packages: {path}", path=p) for p in facts.interpreter.site_packages]
    kept = [element.text for element in facts.library_path if element.text]
    python_path = without_path(facts, installed.package)
    paths = [edit for element in python_path for edit in element.edits]
    yield CheckResult(
        {"libs": installed.libs, "expected": installed.libs_expected},
        (text("found: {path}", path=installed.package), *places),
        (
            cure(
                "install-into-environment",
                text("Install PyTriton into the environment itself"),
                installs(facts, (requirement(installed),), isolated=True),
                *paths,
            ),
            cure(
                "add-library-folder",
                text("Add its library folder to LD_LIBRARY_PATH"),
                Variable("LD_LIBRARY_PATH", ":".join((*kept, installed.libs_expected))),
            ),
        ),
    )


@check(
    "release-not-known",
    "info",
    title="PyTriton {release} is newer than this tritondoctor",
    explanation="tritondoctor knows the releases up to {newest}. It reads the files of this one as they "
    "are, but its start may need something that no check looks at.",
    means="This release of PyTriton was published after this tritondoctor.",
    verified="A real environment of 0.7.0 whose metadata says 9.9.9: it is examined as ever, and serves.",
    by_hand="Update tritondoctor. `tritondoctor selftest` shows whether this release serves here.",
    reads=("pytriton.version",),
)
def release_not_known(facts: Facts) -> Iterator[CheckResult]:
    release = facts.pytriton.version if facts.pytriton else None
    if release and advice.order(release) > advice.order(NEWEST_KNOWN):
        yield CheckResult({"release": release, "newest": NEWEST_KNOWN})


RULES = (
    pytriton_missing,
    wheel_damaged,
    wheel_changed,
    release_not_known,
    tritonserver_not_executable,
    server_not_copyable,
    pytriton_outside_site_packages,
)
