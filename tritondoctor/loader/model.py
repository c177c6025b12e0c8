"""What a link map is made of: the loaded objects, the problems, the answer to a dlopen."""

from __future__ import annotations

from dataclasses import dataclass

from .elf import ElfFile
from .search import Candidate


@dataclass(frozen=True)
class LoadedObject:
    """One object of a process.

    `name` is what it was asked for as, `path` how the loader has it (not canonical; relative where
    a relative directory was searched). `found_by` is "LD_LIBRARY_PATH", "rpath", "runpath",
    "cache", "default", "preload", "path" (a name with a slash) or "loaded" (the loader itself,
    which the kernel had loaded). `needed_by` is the path of the first object that asked, or
    "LD_PRELOAD", "dlopen"…. `tried` holds the places that lost before it was found.
    """

    name: str
    path: str
    found_by: str
    needed_by: str
    elf: ElfFile
    origin: str
    number: int
    tried: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Why a program does not start, or a warning that the loader prints.

    `kind`: "not-found", "bad-file" (a candidate that ended the search), "truncated", "version",
    "symbol", "glibc-mismatch", "isa-level", "inconsistent", "interpreter-missing", "not-a-program";
    as a warning "preload-ignored", "no-version-information", "weak-version". `message` is the
    loader's own line. `provider` is the path of the object that lacks `version` (or the symbol
    `name`), or of the bad file.
    """

    kind: str
    name: str
    needed_by: str
    message: str
    tried: tuple[Candidate, ...] = ()
    version: str = ""
    provider: str = ""


@dataclass(frozen=True)
class Opened:
    """What a dlopen does: the objects it adds, in load order, and why it fails, if it does."""

    objects: tuple[LoadedObject, ...]
    problems: tuple[Problem, ...]

    @property
    def loads(self) -> bool:
        return not self.problems
