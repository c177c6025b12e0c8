"""The search for a name without a slash: the places, their order, and what ends it.

Source of the rules: glibc's elf/dl-load.c (`_dl_map_object`, `fillin_rpath`, `decompose_rpath`,
`open_path`, `is_dst`, `_dl_dst_substitute`) and ld.so(8).
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import stat
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from typing import Optional, Union

import msgspec

from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Most

from .cache import Cache
from .elf import ElfFile, read_elf
from .files import Files
from .header import BadElf, Skipped, WrongClass
from .nodes import FolderNames
from .system import System
from .tried import AbsentFolders, Candidate, PassedBy, Rule, Tried

TOKEN = pattern(r"\$(?:(ORIGIN|PLATFORM|LIB)(?![A-Za-z0-9_])|\{(ORIGIN|PLATFORM|LIB)\})")
GOES_ON = {errno.ENOENT, errno.EACCES, errno.ENOTDIR}
EARLY_MESSAGES = {
    errno.ENOMEM: "Cannot allocate memory",
    errno.EINVAL: "Invalid argument",
    errno.ENOENT: "No such file or directory",
    errno.EPERM: "Operation not permitted",
    errno.EIO: "Input/output error",
    errno.EACCES: "Permission denied",
}


class SearchResult(msgspec.Struct, frozen=True):
    """The candidate that was taken."""

    path: str
    rule: Rule
    elf: ElfFile


class SearchAttempt:
    """A search: what was tried, and the errno and class that the final message names.

    `setuid_only`: the preload of a secure process, which takes only files with the set-user-ID bit.
    """

    def __init__(self, setuid_only: bool = False) -> None:
        self.tried: list[Candidate] = []
        self._passed_by: list[PassedBy] = []
        self.setuid_only = setuid_only
        self.errno = 0
        self.other_class = False

    def pass_by(self, absent: AbsentFolders, name: str, rule: Rule) -> None:
        """Note that a name was looked for in folders that are not there."""
        self._passed_by.append(PassedBy(len(self.tried), absent, name, rule))

    def places(self) -> Sequence[Candidate]:
        """Return the places that were tried, in order."""
        return Tried(self.tried, self._passed_by) if self._passed_by else tuple(self.tried)


class Unusable(Exception):  # noqa: N818
    """A candidate that ends the search: its path, the rule that led there, the loader's message."""

    def __init__(self, path: str, rule: Rule, reason: str, number: int = 0) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.rule = rule
        self.reason = reason
        self.errno = number


def message(number: int, started: bool) -> str:
    """Return strerror as in ld.so: before libc runs (not `started`) it has few messages."""
    if started:
        return os.strerror(number)
    return EARLY_MESSAGES.get(number, f"Error {number}")


def expand(text: str, origin: Optional[str], system: System) -> str:
    """Return `text` with $ORIGIN, $LIB and $PLATFORM replaced; "" if one of them has no value."""
    if "$" not in text:
        return text
    values = {"ORIGIN": origin, "LIB": system.lib, "PLATFORM": system.platform or None}
    found = [values[bare or braced] for bare, braced in TOKEN.findall(text)]
    if None in found:
        return ""
    return TOKEN.sub(lambda match: values[match.group(1) or match.group(2)] or "", text)


def directories(elements: Iterable[str], origin: Optional[str], system: System) -> tuple[str, ...]:
    """Return the directories of a path list, each with a trailing slash; "" is the working directory.

    Of duplicates the first is kept; an element that expands to nothing is dropped.
    """
    found: dict[str, None] = {}
    for element in elements:
        if element:
            element = expand(element, origin, system)
            if not element:
                continue
            element = element.rstrip("/") + "/"
        found.setdefault(element)
    return tuple(found)


def allowed(element: str, origin: Optional[str], system: System, program: bool) -> bool:
    """Whether a secure process keeps this element of an RPATH or RUNPATH (of its `program`, or not)."""
    if "ORIGIN" not in {bare or braced for bare, braced in TOKEN.findall(element)}:
        return True
    if not re.fullmatch(r"\$(?:ORIGIN|\{ORIGIN\})(?:/.*)?", element):
        return False
    place = posixpath.normpath(expand(element, origin, system) or "/") + "/"
    return not program or place.startswith(system.default_dirs)


def split_library_path(value: str) -> list[str]:
    """Return the elements of LD_LIBRARY_PATH; an empty variable has none."""
    return re.split("[:;]", value) if value else []


def split_rpath(value: str) -> list[str]:
    """Return the elements of DT_RPATH or DT_RUNPATH; an empty value has none."""
    return value.split(":") if value else []


class _Folder(msgspec.Struct, frozen=True):
    """A folder of a search path: the places in it that may exist, and its names where these are all."""

    places: tuple[str, ...]
    names: Optional[FolderNames]


_Step = Union[str, AbsentFolders]


class _Shared:
    """What processes that look into the same files share: folders, and path lists gone through."""

    def __init__(self) -> None:
        self.folders: dict[str, _Folder] = {}
        self.steps: dict[Sequence[str], Sequence[_Step]] = {}


class Search:
    """Opens the candidates of a process, and remembers what each directory holds.

    The loader asks for every candidate; a directory that can be listed answers for those it lacks.
    """

    def __init__(self, files: Files, system: System, cwd: str) -> None:
        self._files = files
        self._system = system
        self._cwd = cwd.rstrip("/") + "/"
        self._exists: dict[str, bool] = {}
        self._passed: set[AbsentFolders] = set()
        #: what is in a folder is the same for all processes that look for the same subdirectories of it
        shared = files.view_memory().setdefault(("folders", system.subdirs, self._cwd), _Shared())
        self._folders: dict[str, _Folder] = shared.folders
        self._steps: dict[Sequence[str], Sequence[_Step]] = shared.steps

    @cached_property
    def cache(self) -> Optional[Cache]:
        """The library cache, if there is one that the loader would use."""
        return self._system.cache(self._files)

    def copy(self) -> Search:
        other = Search(self._files, self._system, self._cwd)
        other.cache = self.cache
        other._exists, other._passed = dict(self._exists), set(self._passed)
        other._folders = self._folders
        return other

    def absolute(self, path: str) -> str:
        """Return the absolute path."""
        return path if path.startswith("/") else self._cwd + path

    def in_list(
        self, name: str, dirs: Sequence[str], rule: Rule, attempt: SearchAttempt
    ) -> Optional[SearchResult]:
        """Return `name` from the first of these directories that has it. Raises Unusable."""
        for folder in self._steps_through(dirs):
            if isinstance(folder, AbsentFolders):
                self._pass(folder, attempt)
                attempt.pass_by(folder, name, rule)
                continue
            if self._exists.get(folder) is False:
                attempt.tried.append(Candidate(folder + name, rule, "no such directory"))
                continue
            known = self._folders.get(folder) or self._look_into(folder)
            if len(known.places) == 1 and known.names is not None and name not in known.names:
                attempt.errno = errno.ENOENT
                attempt.tried.append(Candidate(folder + name, rule, "no such file"))
                continue
            found = self._in_places(name, known.places, rule, attempt)
            if found is not None:
                return found
            if attempt.errno not in GOES_ON and any(
                self._directory_exists(place, attempt) for place in known.places
            ):
                return None
        return None

    def _look_into(self, folder: str) -> _Folder:
        names: Optional[FolderNames] = None
        path = self.absolute(folder)
        try:
            listed = self._files.names(path)
            everyone = self._files.stat(path).mode & 0o111 == 0o111
            if everyone and len(listed) <= Most.NAMES:
                names = listed
        except OSError:
            pass
        places = [
            f"{folder}{subdir}/"
            for subdir in self._system.subdirs
            if names is None or subdir.partition("/")[0] in names
        ]
        known = self._folders[folder] = _Folder((*places, folder), names)
        return known

    def _in_places(
        self, name: str, places: Sequence[str], rule: Rule, attempt: SearchAttempt
    ) -> Optional[SearchResult]:
        """Return `name` from one of the places in a directory, the last of which it is itself."""
        for place in places:
            if self._exists.get(place) is False:
                continue
            elf = self.candidate(place + name, rule, attempt)
            if elf is not None and attempt.setuid_only:
                elf = self._setuid(elf, place + name, rule, attempt)
            if elf is not None:
                self._exists[place] = True
                return SearchResult(place + name, rule, elf)
            if self._directory_exists(place, attempt):
                continue
            if place is not places[-1]:
                attempt.tried.pop()
            else:
                attempt.tried[-1] = Candidate(place + name, rule, "no such directory")
        return None

    def _steps_through(self, dirs: Sequence[str]) -> Sequence[_Step]:
        """The same directories, those together of which nothing is there."""
        known = self._steps.get(dirs)
        if known is None:
            groups = [(absent, tuple(group)) for absent, group in groupby(dirs, self._is_absent)]
            known = self._steps[dirs] = tuple(
                step
                for absent, group in groups
                for step in ((AbsentFolders(group),) if absent else group)
            )
        return known

    def _is_absent(self, folder: str) -> bool:
        """Whether there is nothing at an absolute path, so that nothing below it needs to be tried."""
        if not folder.startswith("/"):
            return False
        try:
            self._files.stat(folder)
        except OSError as failure:
            return failure.errno == errno.ENOENT
        return False

    def _pass(self, absent: AbsentFolders, attempt: SearchAttempt) -> None:
        """Remember, as the loader does, that nothing is there: only the first look sets errno."""
        if absent in self._passed:
            return
        self._passed.add(absent)
        if any(folder not in self._exists for folder in absent.folders):
            attempt.errno = errno.ENOENT
            self._exists.update(dict.fromkeys(absent.folders, False))

    def candidate(self, path: str, rule: Rule, attempt: SearchAttempt) -> Optional[ElfFile]:
        """Return the object at `path`, or None if the search continues. Raises Unusable."""
        try:
            return read_elf(self._files, self.absolute(path), self._system.abi)
        except BadElf as bad:
            raise Unusable(path, rule, bad.reason, bad.errno) from bad
        except Skipped as skipped:
            attempt.other_class |= isinstance(skipped, WrongClass)
            attempt.errno = errno.ENOENT
            attempt.tried.append(Candidate(path, rule, f"skipped: {skipped}"))
        except OSError as failure:
            attempt.errno = failure.errno or errno.EIO
            missing = attempt.errno == errno.ENOENT
            why = "no such file" if missing else os.strerror(attempt.errno)
            attempt.tried.append(Candidate(path, rule, why))
        return None

    def _setuid(self, elf: ElfFile, path: str, rule: Rule, attempt: SearchAttempt) -> Optional[ElfFile]:
        if self._files.stat(self.absolute(path)).mode & stat.S_ISUID:
            return elf
        attempt.errno = errno.ENOENT
        attempt.tried.append(Candidate(path, rule, "not set-user-ID"))
        return None

    def _directory_exists(self, place: str, attempt: SearchAttempt) -> bool:
        if place not in self._exists:
            if not place.startswith("/"):
                return True
            try:
                self._exists[place] = self._files.stat(place).kind == "dir"
            except OSError as failure:
                attempt.errno = failure.errno or errno.EIO
                self._exists[place] = False
        return self._exists[place]
