"""The C++ run-time libraries on the machine that could replace one that does not fit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.facts.interpreter.model import Interpreter, LinkProblem, Runtime
from tritondoctor.facts.launch.model import Launch
from tritondoctor.loader import BadElf, Files, Skipped, read_elf, start

SONAMES = ("libstdc++.so.6", "libgcc_s.so.1")


def probe(
    files: Files, interpreter: Interpreter, launch: Optional[Launch], prefixes: Sequence[str]
) -> tuple[Runtime, ...]:
    """Those that have what the launch asks for and load with this glibc; looked for only where a
    process of the launch finds one that does not fit.
    """
    if launch is None:
        return ()
    problems = list(_problems(launch))
    needed: dict[str, set[str]] = {}
    for problem in problems:
        for path in (problem.provider, problem.needed_by, problem.name):
            if os.path.basename(path) in SONAMES:
                needed.setdefault(os.path.basename(path), set())
    for problem in problems:
        name = os.path.basename(problem.provider)
        if problem.kind == "version" and name in needed:
            needed[name].add(problem.version)
    places = [
        (os.path.join(interpreter.prefix, "lib"), "its prefix"),
        (os.path.join(interpreter.base_prefix, "lib"), "its base prefix"),
        *((os.path.join(prefix, "lib"), f"conda prefix {prefix}") for prefix in prefixes),
    ]
    return tuple(
        runtime
        for soname, versions in needed.items()
        for runtime in _fitting(files, soname, versions, [*_system(files, launch, soname), *places])
    )


def _problems(launch: Launch) -> Iterator[LinkProblem]:
    for program in launch.programs:
        yield from program.problems
    for closure in launch.imports:
        for problem in closure.problems:
            yield from problem.link


def _system(files: Files, launch: Launch, soname: str) -> list[tuple[str, str]]:
    """The folders in which the stub's loader finds the library with no variable set."""
    system = start(launch.stub, {}, "/", files).system
    if system is None:
        return []
    cache = system.cache(files)
    known = cache.lookup(soname) if cache else None
    folders = [os.path.dirname(known)] if known else []
    return [(folder, "system") for folder in (*folders, *system.default_dirs)]


def _fitting(
    files: Files, soname: str, versions: set[str], places: Sequence[tuple[str, str]]
) -> Iterator[Runtime]:
    seen = set()
    for folder, where in places:
        path = os.path.join(os.path.normpath(folder), soname)
        real = files.realpath(path)
        if real in seen or not files.is_file(path):
            continue
        seen.add(real)
        try:
            has = read_elf(files, path).versions
        except (OSError, BadElf, Skipped):
            continue
        if versions <= has and start(path, {}, "/", files).loads:
            yield Runtime(soname, path, where)
