"""Loader problems of all processes of the launch, folded: one cause, however many saw it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from tritondoctor.checks.model import Text, text
from tritondoctor.facts.model import (
    Facts,
    LinkProblem,
    PathElement,
    Program,
    ShellLine,
    WheelFile,
)

#: the C++ and C run-time libraries by SONAME, and the id of the finding where one is too old
TOO_OLD = {
    "libstdc++.so.6": "libstdcxx-too-old",
    "libgcc_s.so.1": "libgcc-too-old",
}
_GLIBC = re.compile(r"lib(c|m|dl|pthread|rt|util|resolv|mvec)\.so\.\d|ld-linux")
#: subdirectories that are searched before each folder itself (glibc-hwcaps, and before 2.37 others)
_HWCAPS = re.compile(r"(^|/)(glibc-hwcaps|tls|haswell|avx512_1)(/|$)|(^|/)x86_64$")
STUB = "triton_python_backend_stub"
ROLES = {
    "client": "your Python process",
    "tritonserver": "tritonserver",
    "python backend": "tritonserver's python backend",
    "bash": "bash, which starts the stub",
    "stub": "the stub",
    "child": "the processes that the stub starts",
}


class Sighting(NamedTuple):
    """One problem and the process that would meet it."""

    role: str
    problem: LinkProblem


class ProblemGroup(NamedTuple):
    """All sightings of one cause; `name` is the library or file at fault."""

    id: str
    name: str
    sightings: tuple[Sighting, ...]

    @property
    def first(self) -> LinkProblem:
        """The sighting that the launch meets first."""
        return self.sightings[0].problem

    @property
    def who(self) -> str:
        """The processes that meet it, in words."""
        roles = list(
            dict.fromkeys(ROLES.get(sighting.role, sighting.role) for sighting in self.sightings)
        )
        return ", ".join(roles[:-1]) + " and " + roles[-1] if len(roles) > 1 else roles[0]

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that are missing."""
        return tuple(dict.fromkeys(sighting.problem.version for sighting in self.sightings))


def sightings(facts: Facts) -> Iterator[Sighting]:
    """Every problem of every link map and of every extension module, in launch order."""
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
        for one in closure.problems if closure else ():
            for problem in one.link:
                own = one.path in (problem.provider, problem.name)
                if not (own and problem.kind in ("bad-file", "truncated")) and (
                    problem.kind != "undefined"
                ):  # those are told by the module (packages), and by libpython
                    yield Sighting(program.role, problem)


def groups(facts: Facts, id: str) -> list[ProblemGroup]:
    """The groups of sightings that one finding id explains."""
    found: dict[str, list[Sighting]] = {}
    for sighting in sightings(facts):
        cause, name = cause_of(facts, sighting.problem)
        if cause == id:
            found.setdefault(name, []).append(sighting)
    return [ProblemGroup(id, name, tuple(seen)) for name, seen in found.items()]


def cause_of(facts: Facts, problem: LinkProblem) -> tuple[str, str]:
    """(the id that explains a problem, or "" where none does; the file or library at fault)."""
    damaged = {one.path: one for one in facts.pytriton.damaged} if facts.pytriton else {}
    elsewhere = facts.pytriton is not None and facts.pytriton.libs != facts.pytriton.libs_expected
    provider = problem.provider
    base = os.path.basename(provider)
    if _uncopied(facts, provider or problem.name):
        return "server-not-copyable", ""
    if problem.kind == "not-found":
        if _of_the_wheel(facts, problem):
            return ("pytriton-outside-site-packages" if elsewhere else "wheel-damaged"), ""
        if problem.name.startswith("libpython"):
            return "libpython-missing", problem.name
        if problem.name in damaged or os.path.basename(problem.name) in {
            os.path.basename(path) for path in damaged
        }:
            return "wheel-damaged", ""
        return "library-missing", problem.name
    if problem.kind == "not-a-program" and _never_copied(facts, problem):
        if facts.launch is not None and not facts.launch.workspace.creatable:
            return "workspace-not-writable", ""
        minor = facts.interpreter.minor
        of_stub = os.path.basename(problem.name) == STUB and minor not in _stubs(facts)
        if of_stub and not any(f"/{minor}/" in path for path in damaged):
            return "python-without-stub", ""
        return ("wheel-damaged" if damaged else ""), ""
    if problem.kind == "interpreter-missing":
        return "program-interpreter-missing", problem.needed_by
    if problem.kind in ("bad-file", "truncated"):
        if provider in damaged or _copied_from_damaged(provider or problem.name, damaged):
            return "wheel-damaged", ""
        return "library-damaged", provider or problem.name
    if problem.kind in ("version", "symbol", "glibc-mismatch") and _GLIBC.match(base):
        if _from_elsewhere(facts, provider) or problem.kind != "version":
            return "glibc-from-elsewhere", os.path.dirname(provider)
        return "glibc-too-old", provider
    if problem.kind == "version":
        return TOO_OLD.get(base, "library-too-old"), provider
    return "library-refused", provider or problem.name


def _stubs(facts: Facts) -> tuple[str, ...]:
    return facts.pytriton.stubs if facts.pytriton else ()


def _never_copied(facts: Facts, problem: LinkProblem) -> bool:
    """Whether a program of the workspace is not there: not in the wheel, or nowhere to copy it to."""
    workspace = facts.launch.workspace.path if facts.launch else ""
    return bool(workspace) and problem.name.startswith(workspace + "/")


def _uncopied(facts: Facts, path: str) -> bool:
    """Whether a file of the workspace is one that PyTriton's copy of its server fails on."""
    installed, launch = facts.pytriton, facts.launch
    if installed is None or launch is None or not path.startswith(launch.workspace.path + "/"):
        return False
    source = f"{installed.package}/tritonserver/{path.partition('/tritonserver/')[2]}"
    known = {one.path for one in launch.uncopyable} - {one.path for one in installed.damaged}
    return source in known or (os.path.basename(path) == STUB and launch.stub in known)


def _of_the_wheel(facts: Facts, problem: LinkProblem) -> bool:
    """Whether PyTriton's wheel carries the library itself: a file of it asks, and auditwheel renamed
    the library with eight digits of its hash.
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
        (tail and one.endswith("/tritonserver/" + tail)) or (name == STUB and one.endswith(name))
        for one in damaged
    )


def _from_elsewhere(facts: Facts, path: str) -> bool:
    """Whether a library of glibc was found through a variable rather than where ld.so keeps it."""
    return found_by(facts, path) in ("LD_LIBRARY_PATH", "preload", "rpath", "runpath")


def _programs(facts: Facts) -> tuple[Program, ...]:
    own = facts.interpreter.program
    launched = facts.launch.programs if facts.launch else ()
    return (own, *launched) if own else launched


def found_by(facts: Facts, path: str) -> str:
    """By which rule the launch's programs find a file; "" where none does."""
    for program in _programs(facts):
        for one in program.objects:
            if one.path == path:
                return one.found_by
    return ""


def messages(group: ProblemGroup) -> list[Text]:
    """The loader's own words, one line for each process that would print them."""
    lines: dict[str, str] = {}
    for sighting in group.sightings:
        if sighting.problem.message:
            lines.setdefault(sighting.role, sighting.problem.message)
    shown = [text("{line}", line=line) for line in dict.fromkeys(lines.values())]
    more = len({sighting.problem.message for sighting in group.sightings}) - len(shown)
    lines_more = "1 more line" if more == 1 else f"{more} more lines"
    return [*shown, text("and {more} of the same kind", more=lines_more)] if more > 0 else shown


def search_evidence(group: ProblemGroup) -> Iterator[Text]:
    """The loader's line, then the places tried in the loader's order, those of one rule together."""
    yield from messages(group)[:1]
    problem = group.first
    if problem.needed_by not in problem.message:
        yield text("needed by {file}", file=problem.needed_by)
    places: dict[str, dict[str, None]] = {}
    for one in problem.tried:
        folder = one.path if one.rule == "cache" else os.path.dirname(one.path) or "."
        if not _HWCAPS.search(folder):
            places.setdefault(one.rule, {})[folder] = None
    for rule, folders in places.items():
        yield text("not in {folders} ({rule})", folders=", ".join(folders), rule=rule)


def setting_line(facts: Facts, element: PathElement) -> ShellLine | None:
    """The line of a start file that put an element on LD_LIBRARY_PATH."""
    for line in facts.shell:
        if line.variable == "LD_LIBRARY_PATH" and (
            (element.text and element.text in line.value) or "CONDA_PREFIX" in line.value
        ):
            return line
    return None


def from_library_path(facts: Facts, path: str) -> Text | None:
    """Says which element of LD_LIBRARY_PATH brought a file, and which line of a start file set it."""
    folder = os.path.dirname(path)
    for element in facts.library_path:
        if os.path.normpath(os.path.join(facts.cwd, element.text)) == os.path.normpath(folder):
            line = setting_line(facts, element)
            if line is not None:
                return text("LD_LIBRARY_PATH holds {folder}; {file} line {line} sets it: {said}",
                            folder=element.text, file=line.file, line=line.line,
                            said=line.text)  # fmt: skip
            return text("LD_LIBRARY_PATH holds {folder}", folder=element.text or "an empty element")
    return None
