"""A link map (glibc's `struct link_map`): an object of a process, or what stands for a missing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .elf import ElfFile
from .files import Identity
from .model import LoadedObject
from .tried import Candidate, Rule


class Map:
    """A link map. `name` is the first name that it was asked for by, `path` is the loader's path ("" for
    the program), `file` the absolute path; `loader` is the number of the object that had it loaded.

    Once it is loaded it does not change, so that copies of a process share it.
    """

    __slots__ = (
        "_public", "elf", "file", "found_by", "identity", "loader", "name", "needed_by", "number",
        "origin", "path", "rpath", "runpath", "tried",
    )  # fmt: skip

    def __init__(
        self, name: str, path: str, elf: Optional[ElfFile], file: str, number: int, loader: Optional[int],
        found_by: Optional[Rule], needed_by: str,
    ) -> None:  # fmt: skip
        self.name = name
        self.path = path
        self.elf = elf
        self.file = file
        self.number = number
        self.loader = loader
        self.found_by = found_by
        self.needed_by = needed_by
        self.origin: Optional[str] = file.rpartition("/")[0].rstrip("/") or "/"
        self.identity: Optional[Identity] = None
        self.tried: Sequence[Candidate] = ()
        self.rpath: Optional[tuple[str, ...]] = None
        self.runpath: Optional[tuple[str, ...]] = None
        self._public: Optional[LoadedObject] = None

    def of_program(self, name: str) -> Map:
        """The same link map in the process of another program, which asked for it."""
        other = Map(
            self.name, self.path, self.elf, self.file, self.number, self.loader, self.found_by, name
        )
        other.origin, other.identity, other.tried = self.origin, self.identity, self.tried
        other.rpath, other.runpath = self.rpath, self.runpath
        return other

    @property
    def missing(self) -> bool:
        """Whether it stands for an object that was not found."""
        return self.elf is None

    def public(self) -> LoadedObject:
        assert self.elf is not None and self.found_by is not None
        if self._public is None:
            self._public = LoadedObject(
                name=self.name,
                path=self.path,
                found_by=self.found_by,
                needed_by=self.needed_by,
                elf=self.elf,
                origin=self.origin or "",
                number=self.number,
                tried=self.tried,
            )
        return self._public
