"""What a link map is made of: the loaded objects, the problems, the result of a dlopen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from .elf import ElfFile
from .tried import Candidate, Rule

#: reasons why a program does not start; "bad-file" is a candidate that ended the search
StartProblem = Literal[
    "not-found", "bad-file", "truncated", "version", "symbol", "glibc-mismatch", "isa-level",
    "inconsistent", "interpreter-missing", "not-a-program",
]  # fmt: skip
#: what the loader prints, and goes on
WarningKind = Literal["preload-ignored", "no-version-information", "weak-version"]
ProblemKind = Literal[StartProblem, WarningKind]


class LoadedObject(msgspec.Struct, frozen=True):
    """An object of a process.

    `name` is the name that was asked for, `path` the loader's path for it (not canonical; relative if a
    relative directory was searched). `needed_by` is the path of the first object that asked, or
    "LD_PRELOAD", "dlopen"…. `tried` holds the places that were searched before, in vain.
    """

    name: str
    path: str
    found_by: Rule
    needed_by: str
    elf: ElfFile
    origin: str
    number: int
    tried: Sequence[Candidate] = ()


class Problem(msgspec.Struct, frozen=True):
    """Why a program does not start, or a warning that the loader prints.

    `message` is the loader's own line. `provider` is the path of the object that lacks `version` (or the
    symbol `name`), or of the bad file.
    """

    kind: ProblemKind
    name: str
    needed_by: str
    message: str
    tried: Sequence[Candidate] = ()
    version: str = ""
    provider: str = ""


class Opened(msgspec.Struct, frozen=True):
    """The result of a dlopen: the objects it adds, in load order, and why it fails, if it does."""

    objects: tuple[LoadedObject, ...]
    problems: tuple[Problem, ...]

    @property
    def loads(self) -> bool:
        return not self.problems
