"""The link map of a program, as its loader would build it at start and at each dlopen.

Nothing is executed. Source of the rules: glibc's elf/rtld.c (`dl_main`, `handle_preload_list`,
`do_preload`) and elf/dl-open.c (`dl_open_worker_begin`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple, Optional

import msgspec

from tritondoctor.support.reading import Limit

from .dependencies import load_dependencies
from .elf import ElfFile, read_elf
from .files import Files
from .header import BadElf, Skipped
from .map import Map
from .model import LoadedObject, Opened, Problem
from .namespace import Failure, Namespace
from .private import check_private_symbols
from .system import System, default_interpreter, read_system
from .versions import check_versions

CANONICAL_ORIGIN = (2, 41)


class LoadedProcess(msgspec.Struct, frozen=True):
    """A program at the point where its own code would begin.

    `objects` are those that ld.so lists, in its order, without the program itself. `problems` prevent the
    start (all of them, while the loader stops at the first); `warnings` do not. `system` is None if no
    loader takes part (a static program) or it could not be read. `space` is what a dlopen goes on from.
    """

    program: str
    objects: tuple[LoadedObject, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    system: Optional[System] = None
    elf: Optional[ElfFile] = None
    space: Optional[Namespace] = None

    @property
    def loads(self) -> bool:
        """Whether the loader would start the program."""
        return not self.problems

    def dlopen(self, name: str, caller: Optional[LoadedObject] = None) -> Opened:
        """Return what dlopen(name) by `caller` (None: the program) does; this process does not change."""
        return self._dlopen(name, caller)[0]

    def opening(self, name: str, caller: Optional[LoadedObject] = None) -> tuple[Opened, LoadedProcess]:
        """Return the result of dlopen(name) and the process after it (this process if it fails)."""
        opened, space = self._dlopen(name, caller)
        if space is None or not opened.loads:
            return opened, self
        return opened, msgspec.structs.replace(self, objects=self._with(opened, space), space=space)

    def _with(self, opened: Opened, space: Namespace) -> tuple[LoadedObject, ...]:
        """The objects after a dlopen, which come behind the others unless it gave some another place."""
        if self.space is not None and _stand_behind(self.space.chain, space.chain):
            return self.objects + opened.objects
        return tuple(link_map.public() for link_map in space.chain[1:])

    def with_dlopen(self, name: str, caller: Optional[LoadedObject] = None) -> LoadedProcess:
        """Return the process after a dlopen; this process if it fails."""
        return self.opening(name, caller)[1]

    def _dlopen(self, name: str, caller: Optional[LoadedObject]) -> tuple[Opened, Optional[Namespace]]:
        if self.space is None:
            problem = Problem("not-a-program", name, self.program, "not dynamically linked")
            return Opened((), (problem,)), None
        space = self.space.copy()
        space.started = True
        before = len(space.maps)
        try:
            new = space.resolve(name, space.maps[caller.number if caller else 0], dlopen=True)
        except Failure as failure:
            return Opened((), (failure.problem,)), None
        _, problems = load_dependencies(space, new, [])
        chain, kept = space.chain, self.space.chain
        later = chain[len(kept) :] if _stand_behind(kept, chain) else chain
        added = [link_map for link_map in later if link_map.number >= before and not link_map.missing]
        problems += _check(space, added)[0]
        return Opened(tuple(link_map.public() for link_map in added), tuple(problems)), space


def _stand_behind(before: list[Map], after: list[Map]) -> bool:
    """Whether a chain goes on behind what it was before."""
    return after[: len(before)] == before


def start(
    program: str,
    environment: Mapping[str, str],
    cwd: str,
    files: Files,
    *,
    system: Optional[System] = None,
    secure: bool = False,
) -> LoadedProcess:
    """Return the process that starting `program` would give; of a shared library, what the loader lists.

    `secure` is AT_SECURE, as for a setuid program. Never raises for the content of files: those faults
    are the process's `problems`.
    """
    path = program if program.startswith("/") else posixpath.join(cwd, program)
    try:
        elf = read_elf(files, path)
    except (OSError, BadElf, Skipped) as failure:
        return LoadedProcess(program, problems=(_no_program(files, program, path, failure),))
    if elf.is_static:
        return LoadedProcess(program, elf=elf)
    interpreter = elf.interp or default_interpreter(elf) or ""
    started_as = system.interpreter if system else interpreter
    try:
        system = system or system_of(files, posixpath.join(cwd, interpreter))
    except (OSError, BadElf, Skipped) as failure:
        return LoadedProcess(program, problems=(_no_interpreter(program, interpreter, failure),), elf=elf)
    space = _namespace(system)(files, system, cwd, program, secure=secure)
    main = space.add("", "", elf, None, "path", "")
    main.file = path
    real = elf.interp is not None or system.version >= CANONICAL_ORIGIN
    main.origin = posixpath.dirname(files.realpath(path) if real else path)
    if not secure:
        space.set_library_path(environment.get("LD_LIBRARY_PATH", ""))
    loader = space.add(interpreter, started_as, system.elf, None, "loaded", program)
    if system.elf.soname:
        space.alias(system.elf.soname, loader)
    return _load(space, loader, _preloads(space, environment))


def _load(space: Namespace, loader: Map, preloads: tuple[_Preload, ...]) -> LoadedProcess:
    """The process of a program whose loader is mapped; one with the same request is loaded once."""
    alike, request = space.files.view_memory(), ("loaded", *space.request(preloads))
    known = alike.get(request)
    if isinstance(known, Namespace) and space.may_take_over(known):
        space.take_over(known)
        found, warned = _check(space, space.maps[:1])
        return _process(space, found, warned)
    loaded, warnings = _preload(space, preloads)
    order, problems = load_dependencies(space, space.maps[0], loaded)
    space.remove(loader)
    if loader in order:
        space.insert(loader, after=order[order.index(loader) - 1])
    listed = [link_map for link_map in space.chain[1:] if not link_map.missing]
    found, warned = _check(space, [space.maps[0], *listed])
    space.drop_missing()
    problems, warnings = problems + found, warnings + warned
    if not problems and not warnings:
        alike[request] = space
    return _process(space, problems, warnings)


def _process(space: Namespace, problems: list[Problem], warnings: list[Problem]) -> LoadedProcess:
    objects = tuple(link_map.public() for link_map in space.chain[1:])
    return LoadedProcess(
        space.progname, objects, tuple(problems), tuple(warnings), space.system, space.maps[0].elf, space
    )


def _namespace(system: System) -> type[Namespace]:
    if system.libc != "musl":
        return Namespace
    from .musl import MuslNamespace

    return MuslNamespace


def _check(space: Namespace, maps: list[Map]) -> tuple[list[Problem], list[Problem]]:
    """Return (problems, warnings) of the checks that the loader makes once everything is mapped."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    if space.system.libc == "glibc":
        problems, warnings = check_versions(space, maps)
    for link_map in maps:
        path = link_map.path or space.progname
        if link_map.elf and link_map.elf.truncated:
            text = f"{path}: Bus error (the file ends before its segments do)"
            problems.append(Problem("truncated", link_map.name, path, text, provider=path))
        if link_map.elf and link_map.elf.isa_needed & ~space.system.cpu.isa:
            text = f"{path}: CPU ISA level is lower than required"
            problems.append(Problem("isa-level", link_map.name, path, text, provider=path))
    if not problems and space.system.libc == "glibc":
        problems += check_private_symbols(space, maps)
    return problems, warnings


class _Preload(NamedTuple):
    """A name to be preloaded, and the variable or file that says so."""

    name: str
    where: str


def _preloads(space: Namespace, environment: Mapping[str, str]) -> tuple[_Preload, ...]:
    given = environment.get("LD_PRELOAD", "").replace(":", " ").split(" ")
    names = [name for name in given if name and not (space.secure and "/" in name)]
    listing = space.system.preload_path
    return (
        *(_Preload(name, "LD_PRELOAD") for name in names),
        *(_Preload(name, listing) for name in _listed(space.files, listing)),
    )


def _preload(space: Namespace, preloads: tuple[_Preload, ...]) -> tuple[list[Map], list[Problem]]:
    loaded: list[Map] = []
    warnings = []
    for name, where in preloads:
        count = len(space.maps)
        try:
            new = space.resolve(name, space.maps[0], preload=where)
        except Failure as failure:
            text = (
                f"ERROR: ld.so: object '{name}' from {where} cannot be preloaded "
                f"({failure.reason}): ignored."
            )
            tried = failure.problem.tried
            warnings.append(Problem("preload-ignored", name, where, text, tried))
        else:
            if new.number >= count:
                loaded.append(new)
    return loaded, warnings


def _listed(files: Files, path: str) -> tuple[str, ...]:
    """The names in an ld.so.preload; none where there is no such file."""
    known, key = files.view_memory(), ("preloads", path)
    if key not in known:
        try:
            text = files.read(path, Limit.SETTINGS).decode("utf-8", "surrogateescape") if path else ""
        except OSError:
            text = ""
        names = re.split("[: \t\n]", re.sub(r"#[^\n]*", "", text))
        known[key] = tuple(name for name in names if name)
    names_of_file: tuple[str, ...] = known[key]
    return names_of_file


def system_of(files: Files, interpreter: str) -> System:
    """Return the loader at `interpreter`, read once.  Raises as `read_system` does."""
    of_view = files.view_memory()
    known = of_view.get(("system", interpreter))
    if not isinstance(known, System):
        stat = files.stat(interpreter)
        key = ("system", interpreter, stat.identity, stat.mtime_ns, stat.size)
        known = files.memory().get(key)
        if not isinstance(known, System):
            known = files.memory()[key] = read_system(files, interpreter)
        of_view["system", interpreter] = known
    return known


def _no_program(files: Files, program: str, path: str, failure: Exception) -> Problem:
    if isinstance(failure, OSError):
        return Problem("not-a-program", program, "", f"{program}: {failure.strerror}")
    try:
        first = files.head(path, 256).split(b"\n")[0]
    except OSError as unreadable:
        return Problem("not-a-program", program, "", f"{program}: {unreadable.strerror}")
    if first.startswith(b"#!"):
        command = first[2:].decode("utf-8", "replace").strip()
        text = f"{program}: a script for {command}, which is the program to examine"
        return Problem("not-a-program", program, "", text)
    reason = failure.reason if isinstance(failure, BadElf) else str(failure)
    text = f"{program}: cannot execute binary file: Exec format error ({reason})"
    return Problem("not-a-program", program, "", text)


def _no_interpreter(program: str, interpreter: str, failure: Exception) -> Problem:
    if isinstance(failure, OSError):
        text = f"{program}: cannot execute: required file not found ({interpreter})"
    else:
        text = f"{program}: {interpreter}: bad ELF interpreter ({failure})"
    return Problem("interpreter-missing", interpreter, program, text, provider=interpreter)
