"""The places that a search tried, and why they were not taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

#: how an object was found; "path": by a name with a slash, "loaded": the loader, which the kernel loads
Rule = Literal["LD_LIBRARY_PATH", "rpath", "runpath", "cache", "default", "preload", "path", "loaded"]


class Candidate(msgspec.Struct, frozen=True):
    """A place that was tried: the path, the rule that led there, and why it was not taken."""

    path: str
    rule: Rule
    why: str


class AbsentFolders:
    """Folders that follow each other in a path list and are not there; each ends with a slash."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = tuple(folders)

    def tried(self, name: str, rule: Rule) -> Iterator[Candidate]:
        """Yield where a name was looked for in vain."""
        for folder in self.folders:
            yield Candidate(folder + name, rule, "no such directory")


class PassedBy(msgspec.Struct, frozen=True):
    """Absent folders in which a name was looked for, after so many other places."""

    after: int
    absent: AbsentFolders
    name: str
    rule: Rule


class Tried(Sequence[Candidate]):
    """The places of a search, in order.

    What lies in absent folders is written out only for whoever reads it: each search of a process passes
    by all of them.
    """

    def __init__(self, candidates: Sequence[Candidate], passed_by: Sequence[PassedBy]) -> None:
        self._candidates = tuple(candidates)
        self._passed_by = tuple(passed_by)

    def __iter__(self) -> Iterator[Candidate]:
        at = 0
        for passed in self._passed_by:
            yield from self._candidates[at : passed.after]
            yield from passed.absent.tried(passed.name, passed.rule)
            at = passed.after
        yield from self._candidates[at:]

    def __len__(self) -> int:
        return len(self._candidates) + sum(len(passed.absent.folders) for passed in self._passed_by)

    def __getitem__(self, index: Any) -> Any:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))
