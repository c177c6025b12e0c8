"""Loader problems of all processes of the launch, grouped by cause."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Optional

import msgspec

from tritondoctor.checks import permissions
from tritondoctor.checks.model import Text, counted, listed, quoted, text
from tritondoctor.facts.conda.model import PathElement, ShellLine
from tritondoctor.facts.interpreter.model import LinkProblem, Program
from tritondoctor.facts.launch.model import WheelFile
from tritondoctor.facts.machine.shell_files import expand
from tritondoctor.facts.model import Facts
from tritondoctor.support.patterns import pattern

#: the C++ and C run-time libraries by SONAME, and the id of the finding where one is too old
TOO_OLD = {
    "libstdc++.so.6": "libstdcxx-too-old",
    "libgcc_s.so.1": "libgcc-too-old",
}
_GLIBC = pattern(r"lib(c|m|dl|pthread|rt|util|resolv|mvec|anl|nss_files|nss_dns)\.so\.\d|ld-linux")
_PRIVATE = "GLIBC_PRIVATE"
#: what the loader does not take for a part of a folder's name (dl-load.c: `fillin_rpath`, `is_dst`)
_OWN_SIGN = pattern(r"[:;]|\$(?:ORIGIN|PLATFORM|LIB)(?![A-Za-z0-9_])|\$\{(?:ORIGIN|PLATFORM|LIB)\}")
#: subdirectories that are searched before each folder itself (glibc-hwcaps, and before 2.37 others)
_HWCAPS = pattern(r"(^|/)(glibc-hwcaps|tls|haswell|avx512_1)(/|$)|(^|/)x86_64$")
STUB = "triton_python_backend_stub"
ROLES = {
    "client": text("your Python process"),
    "tritonserver": text("tritonserver"),
    "python backend": text("tritonserver's python backend"),
    "bash": text("bash, which starts the stub"),
    "stub": text("the stub"),
    "child": text("the processes that the stub starts"),
}


class Sighting(msgspec.Struct, frozen=True):
    """A problem and the process that it affects."""

    role: str
    problem: LinkProblem


class Cause(msgspec.Struct, frozen=True):
    """The id of the finding that explains a problem ("" for none), and the file or library at fault."""

    id: str
    name: str = ""


class ProblemGroup(msgspec.Struct, frozen=True):
    """All occurrences of one cause; `name` is the library or file at fault."""

    id: str
    name: str
    sightings: tuple[Sighting, ...]

    @property
    def first(self) -> LinkProblem:
        """The occurrence that comes first in the launch."""
        return self.sightings[0].problem

    @property
    def who(self) -> Text:
        """The processes that it affects."""
        roles = dict.fromkeys(sighting.role for sighting in self.sightings)
        return listed([ROLES.get(role, text("{role}", role=role)) for role in roles])

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that are missing."""
        return tuple(dict.fromkeys(sighting.problem.version for sighting in self.sightings))


def own_sign(path: str) -> str:
    """Return what of a path means something else to the loader in LD_LIBRARY_PATH; "" for nothing."""
    sign = _OWN_SIGN.search(path)
    return sign.group() if sign else ""


def sightings(facts: Facts) -> Iterator[Sighting]:
    """Yield every problem of every link map and extension module, in launch order."""
    launch = facts.launch
    if facts.interpreter.program is not None:
        for problem in facts.interpreter.program.problems:
            yield Sighting("client", problem)
    if launch is None:
        return
    closures = {closure.role: closure for closure in launch.imports}
    for program in launch.programs:
        for problem in program.problems:
            yield Sighting(program.role, problem)
        closure = closures.get(program.role)  # type: ignore[call-overload]
        for module in closure.problems if closure else ():
            for problem in module.link:
                own = module.path in (problem.provider, problem.name)
                if not (own and problem.kind in ("bad-file", "truncated")) and (
                    problem.kind != "undefined"
                ):  # packages.py and libpython.py report those
                    yield Sighting(program.role, problem)


def groups(facts: Facts, id: str) -> list[ProblemGroup]:
    """Group the occurrences that one finding id explains."""
    sightings_of: dict[str, list[Sighting]] = {}
    for sighting in sightings(facts):
        cause = cause_of(facts, sighting.problem)
        if cause.id == id:
            sightings_of.setdefault(cause.name, []).append(sighting)
    return [ProblemGroup(id, name, tuple(seen)) for name, seen in sightings_of.items()]


def cause_of(facts: Facts, problem: LinkProblem) -> Cause:
    """Return which finding explains a problem, and which file or library is at fault."""
    if _uncopied(facts, problem.provider or problem.name):
        return Cause("server-not-copyable")
    judge = _BY_KIND.get(problem.kind)
    return (judge(facts, problem) if judge else None) or _refused(problem)


def _refused(problem: LinkProblem) -> Cause:
    return Cause("library-refused", problem.provider or problem.name)


def _not_found(facts: Facts, problem: LinkProblem) -> Cause:
    if permissions.keeps_from_loading(facts, problem):
        return Cause("access-denied")
    if own_sign(problem.name) not in ("", ":", ";"):
        return Cause("environment-path-unsafe", facts.interpreter.prefix)
    if _of_the_wheel(facts, problem):
        installed = facts.pytriton
        if installed is not None and own_sign(installed.libs):
            return Cause("environment-path-unsafe", facts.interpreter.prefix)
        elsewhere = installed is not None and installed.libs != installed.libs_expected
        return Cause("pytriton-outside-site-packages" if elsewhere else "wheel-damaged")
    if problem.name.startswith("libpython"):
        return Cause("libpython-missing", problem.name)
    names = {os.path.basename(path) for path in _damaged(facts)}
    if os.path.basename(problem.name) in names:
        return Cause("wheel-damaged")
    return Cause("library-missing", problem.name)


def _not_a_program(facts: Facts, problem: LinkProblem) -> Optional[Cause]:
    if not _never_copied(facts, problem):
        return None
    if facts.launch is not None and not facts.launch.workspace.creatable:
        return Cause("workspace-not-writable")
    minor, damaged = facts.interpreter.minor, _damaged(facts)
    of_stub = os.path.basename(problem.name) == STUB and minor not in _stubs(facts)
    if of_stub and not any(f"/{minor}/" in path for path in damaged):
        return Cause("python-without-stub")
    return Cause("wheel-damaged" if damaged else "")


def _interpreter_missing(facts: Facts, problem: LinkProblem) -> Cause:
    return Cause("program-interpreter-missing", problem.needed_by)


def _unreadable(facts: Facts, problem: LinkProblem) -> Cause:
    file, damaged = problem.provider or problem.name, _damaged(facts)
    if problem.provider in damaged or _copied_from_damaged(file, damaged):
        return Cause("wheel-damaged")
    return Cause("library-damaged", file)


def _version(facts: Facts, problem: LinkProblem) -> Cause:
    base = os.path.basename(problem.provider)
    if not _GLIBC.match(base):
        return Cause(TOO_OLD.get(base, "library-too-old"), problem.provider)
    if _from_elsewhere(facts, problem.provider):
        return Cause("glibc-from-elsewhere", os.path.dirname(problem.provider))
    if problem.version == _PRIVATE:  # the parts of one build ask each other for it
        return Cause("glibc-from-elsewhere", os.path.dirname(problem.needed_by))
    return Cause("glibc-too-old", problem.provider)


def _symbol(facts: Facts, problem: LinkProblem) -> Optional[Cause]:
    if not _GLIBC.match(os.path.basename(problem.provider)):
        return None
    return Cause("glibc-from-elsewhere", os.path.dirname(problem.provider))


#: kind of a problem -> its cause; None where the loader merely refuses the file
_BY_KIND: dict[str, Callable[[Facts, LinkProblem], Optional[Cause]]] = {
    "not-found": _not_found,
    "not-a-program": _not_a_program,
    "interpreter-missing": _interpreter_missing,
    "bad-file": _unreadable,
    "truncated": _unreadable,
    "version": _version,
    "symbol": _symbol,
    "glibc-mismatch": _symbol,
}


def _damaged(facts: Facts) -> dict[str, WheelFile]:
    return {file.path: file for file in facts.pytriton.damaged} if facts.pytriton else {}


def _stubs(facts: Facts) -> tuple[str, ...]:
    return facts.pytriton.stubs if facts.pytriton else ()


def _never_copied(facts: Facts, problem: LinkProblem) -> bool:
    """Return whether a program of the workspace was never copied: not in the wheel, or no workspace."""
    workspace = facts.launch.workspace.path if facts.launch else ""
    return bool(workspace) and problem.name.startswith(workspace + "/")


def _uncopied(facts: Facts, path: str) -> bool:
    """Return whether PyTriton's copy of its server fails on this file of the workspace."""
    installed, launch = facts.pytriton, facts.launch
    if installed is None or launch is None or not path.startswith(launch.workspace.path + "/"):
        return False
    source = f"{installed.package}/tritonserver/{path.partition('/tritonserver/')[2]}"
    known = {file.path for file in launch.uncopyable} - {file.path for file in installed.damaged}
    above = any(source.startswith(f"{folder}/") for folder in known)
    return above or source in known or (os.path.basename(path) == STUB and launch.stub in known)


def _of_the_wheel(facts: Facts, problem: LinkProblem) -> bool:
    """Return whether PyTriton's wheel contains the library: one of its files needs it, and auditwheel
    added eight digits of a hash to its name.
    """
    installed, launch = facts.pytriton, facts.launch
    if installed is None or launch is None or not re.search(r"-[0-9a-f]{8}\.", problem.name):
        return False
    places = (launch.workspace.path, installed.package, installed.libs_expected)
    return problem.needed_by.startswith(tuple(f"{place}/" for place in places))


def _copied_from_damaged(path: str, damaged: dict[str, WheelFile]) -> bool:
    tail = path.partition("/tritonserver/")[2]
    name = os.path.basename(path)
    return any(
        (tail and file.endswith("/tritonserver/" + tail)) or (name == STUB and file.endswith(name))
        for file in damaged
    )


def _from_elsewhere(facts: Facts, path: str) -> bool:
    """Return whether a glibc library was found through a search path, not in the system's folders."""
    return found_by(facts, path) in ("LD_LIBRARY_PATH", "preload", "rpath", "runpath")


def _programs(facts: Facts) -> tuple[Program, ...]:
    own = facts.interpreter.program
    launched = facts.launch.programs if facts.launch else ()
    return (own, *launched) if own else launched


def found_by(facts: Facts, path: str) -> str:
    """Return the rule by which the launch's programs find a file; "" if none does."""
    for program in _programs(facts):
        for library in program.objects:
            if library.path == path:
                return library.found_by
    return ""


def preloaded_by(facts: Facts, path: str) -> str:
    """Return what has a file loaded before all others: LD_PRELOAD, a file's path, or ""."""
    return next(
        (
            library.needed_by
            for program in _programs(facts)
            for library in program.objects
            if library.path == path and library.found_by == "preload"
        ),
        "",
    )


#: the loader's rules, as users of ldd and libtree know them
_RULES = {
    "cache": text("via /etc/ld.so.cache"),
    "default": text("in the default search path"),
    "rpath": text("via DT_RPATH"),
    "runpath": text("via DT_RUNPATH"),
    "LD_LIBRARY_PATH": text("via LD_LIBRARY_PATH"),
    "preload": text("via LD_PRELOAD"),
}
#: and where it looked by them, in vain
_NOT_FOUND = {
    "cache": "not found in {folders}",
    "default": "not found in {folders} (default search path)",
    "rpath": "not found in {folders} (DT_RPATH)",
    "runpath": "not found in {folders} (DT_RUNPATH)",
    "pytriton": "not found in {folders} (LD_LIBRARY_PATH, as PyTriton sets it)",
}


def how_found(rule: str, preloaded_by: str = "") -> Text:
    """Describe the rule by which the loader found a file."""
    if preloaded_by:
        return text("via {source}", source=preloaded_by)
    return _RULES.get(rule, text("by {rule}", rule=rule))


def messages(group: ProblemGroup) -> list[Text]:
    """Return the loader's own messages, one line for each process that would print them."""
    lines: dict[str, str] = {}
    for sighting in group.sightings:
        if sighting.problem.message:
            lines.setdefault(sighting.role, sighting.problem.message)
    shown = [quoted(line) for line in dict.fromkeys(lines.values())]
    more = len({sighting.problem.message for sighting in group.sightings}) - len(shown)
    if more > 0:
        shown.append(counted("and {n} similar line", "and {n} similar lines", more))
    return shown


def search_evidence(group: ProblemGroup) -> Iterator[Text]:
    """Yield the loader's message, then the folders that it searched, grouped by rule."""
    yield from messages(group)[:1]
    problem = group.first
    if problem.needed_by not in problem.message:
        yield text("needed by {file}", file=problem.needed_by)
    searched: dict[str, dict[str, None]] = {}
    for attempt in problem.tried:
        folder = attempt.path if attempt.rule == "cache" else os.path.dirname(attempt.path) or "."
        if not _HWCAPS.search(folder):
            own = attempt.rule == "LD_LIBRARY_PATH" and folder.endswith("/nvidia_pytriton.libs")
            searched.setdefault("pytriton" if own else attempt.rule, {})[folder] = None
    for rule, folders in searched.items():
        template = _NOT_FOUND.get(rule, "not found in {folders} ({rule})")
        yield text(template, folders=", ".join(folders), rule=rule)


def setting_lines(facts: Facts, element: PathElement) -> list[ShellLine]:
    """The lines that put an element on LD_LIBRARY_PATH, of start files before those of the activation."""
    lines = (line for line in facts.shell if line.variable == "LD_LIBRARY_PATH")
    return [line for line in lines if _brings(line, element, facts)]


def _brings(line: ShellLine, element: PathElement, facts: Facts) -> bool:
    """Whether the line itself adds the element; $CONDA_PREFIX was that of whichever environment was
    active when it ran.
    """
    given = {**facts.variables, "LD_LIBRARY_PATH": ""}
    if element.conda_prefix:
        given["CONDA_PREFIX"] = element.conda_prefix
    value = expand(line.value, given)
    if value is None:
        return bool(element.text) and element.text in line.value
    parts = value.split() if line.file.endswith(".fish") and " " in value else value.split(":")
    if not element.text:
        return "" in parts
    return os.path.normpath(element.text) in (os.path.normpath(part) for part in parts if part)


def from_library_path(facts: Facts, path: str) -> Text | None:
    """Say which element of LD_LIBRARY_PATH leads to a file, and which startup file sets it."""
    folder = os.path.dirname(path)
    for element in facts.library_path:
        if os.path.normpath(os.path.join(facts.cwd, element.text)) == os.path.normpath(folder):
            for line in reversed(setting_lines(facts, element)):
                return text("LD_LIBRARY_PATH contains {folder}; {file} line {line} sets it: {code}",
                            folder=element.text, file=line.file, line=line.line,
                            code=line.text)  # fmt: skip
            if not element.text:
                return text("LD_LIBRARY_PATH contains an empty element")
            return text("LD_LIBRARY_PATH contains {folder}", folder=element.text)
    return None


def loading_evidence(facts: Facts, group: ProblemGroup) -> tuple[Text, ...]:
    """What the loader says of the library that a group is about, and how it came to it."""
    lines = messages(group)
    path = group.first.provider
    rule = found_by(facts, path)
    if rule:
        lines.append(
            text("{path} is found {how}", path=path, how=how_found(rule, preloaded_by(facts, path)))
        )
    brought = from_library_path(facts, path)
    if brought is not None:
        lines.append(brought)
    lines.append(text("affects {who}", who=group.who))
    return tuple(lines)
