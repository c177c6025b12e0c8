"""The objects of one process while they are being loaded: names, search order, breadth first.

Source of the rules: glibc's elf/dl-load.c (`_dl_map_object`, `_dl_map_object_from_fd`),
elf/dl-deps.c (`_dl_map_object_deps`), elf/dl-object.c (origin).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Optional

from .elf import ElfFile
from .files import Files, Identity
from .map import Map
from .model import Problem
from .search import (
    Search,
    SearchAttempt,
    SearchResult,
    Unusable,
    allowed,
    directories,
    expand,
    message,
    split_library_path,
    split_rpath,
)
from .system import System
from .tags import Flags1
from .tried import Candidate, Rule

#: names that one process may need; those of a launch of PyTriton 0.7.0 need 152
MAX_REQUESTS = 1 << 12


class Failure(Exception):  # noqa: N818
    """A name that could not be loaded; `reason` is the message without names and errno."""

    def __init__(self, problem: Problem, reason: str) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.reason = reason


class Namespace:
    """The link maps of one process; `chain` is their order in its list, the program first."""

    def __init__(
        self, files: Files, system: System, cwd: str, progname: str, *, secure: bool = False
    ) -> None:
        self.files = files
        self.system = system
        self.cwd = cwd
        self.progname = progname
        self.secure = secure
        self.started = False
        self.library_path: tuple[str, ...] = ()
        self.chain: list[Map] = []
        self.maps: list[Map] = []
        self._in_chain: set[int] = set()
        self.search = Search(files, system, cwd)
        #: numbers of the objects that were asked for by a name or lie at a path; of those with a SONAME
        self._names: dict[str, tuple[int, ...]] = {}
        self._sonames: dict[str, _Numbers] = {}
        self._identities: dict[Identity, int] = {}
        #: what `lookup` has found, as long as none changes its place: later objects stand behind it
        self._known_names: dict[str, Map] = {}
        self._places: Optional[dict[int, int]] = None

    def copy(self) -> Namespace:
        """Return an independent copy, for a dlopen that may fail."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other.maps, other.chain, other._in_chain = [*self.maps], [*self.chain], {*self._in_chain}
        other._names, other._sonames = dict(self._names), dict(self._sonames)
        other._identities, other._known_names = dict(self._identities), dict(self._known_names)
        other._places = None
        other.search = self.search.copy()
        return other

    def request(self, preloads: Sequence[tuple[str, str]]) -> tuple[object, ...]:
        """What the program asks for, and where: all that decides what is loaded at its start, but for
        requests that the program itself would answer (`may_take_over`).
        """
        main = self.maps[0]
        assert main.elf is not None
        names = [name for name, _ in preloads] + [name for _, name in main.elf.dependencies]
        return (
            self.system.interpreter, self.system.cpu, self.cwd, self.secure, self.library_path,
            main.elf.interp, main.elf.dependencies, main.elf.flags_1 & Flags1.NODEFLIB,
            self._rpath(main), self._runpath(main), tuple(preloads),
            main.origin if any("$" in name for name in names) else "",
        )  # fmt: skip

    def may_take_over(self, known: Namespace) -> bool:
        """Whether neither program answers to a name that an object asks for."""
        sonames = {space.maps[0].elf.soname for space in (self, known) if space.maps[0].elf}
        return known.progname not in known._names and not any(
            soname in known._names or known._sonames.get(soname, _PROGRAM) != _PROGRAM
            for soname in filter(None, sonames)
        )

    def take_over(self, known: Namespace) -> None:
        """Load what another program has loaded, whose request was the same."""
        self.maps[1:] = [
            link_map.of_program(self.progname) if link_map.needed_by == known.progname else link_map
            for link_map in known.maps[1:]
        ]
        self.chain = [self.maps[link_map.number] for link_map in known.chain]
        self._in_chain = {*known._in_chain}
        self._names, self._identities = dict(known._names), dict(known._identities)
        others = {name: numbers for name, numbers in known._sonames.items() if numbers != _PROGRAM}
        self._sonames.update(others)
        self._reordered()
        self.search = known.search.copy()

    def set_library_path(self, value: str) -> None:
        """Set LD_LIBRARY_PATH; its tokens expand relative to the program."""
        origin = self.maps[0].origin
        self.library_path = directories(split_library_path(value), origin, self.system)

    def add(
        self,
        name: str,
        path: str,
        elf: Optional[ElfFile],
        loader: Optional[Map],
        found_by: Optional[Rule],
        needed_by: str,
    ) -> Map:
        """Add a new object at the end of the chain."""
        above = loader.number if loader else None
        file = path if path.startswith("/") else self.search.absolute(path)
        new = Map(name, path, elf, file, len(self.maps), above, found_by, needed_by)
        self.maps.append(new)
        self.chain.append(new)
        self._in_chain.add(new.number)
        if self._places is not None:
            self._places[new.number] = len(self.chain) - 1
        names = self._names
        for known in (name, path) if name != path else (name,):
            names[known] = (*names[known], new.number) if known in names else (new.number,)
        if elf is not None and elf.soname:
            self._sonames[elf.soname] = (new.number, self._sonames.get(elf.soname))
        return new

    def _reordered(self) -> None:
        """Forget what followed from the order of the chain."""
        self._known_names.clear()
        self._places = None

    def remove(self, link_map: Map) -> None:
        """Take an object out of the chain."""
        self.chain.remove(link_map)
        self._in_chain.discard(link_map.number)
        self._reordered()

    def insert(self, link_map: Map, after: Map) -> None:
        """Put an object into the chain, behind another."""
        self.chain.insert(self.chain.index(after) + 1, link_map)
        self._in_chain.add(link_map.number)
        self._reordered()

    def move_before(self, link_map: Map, place: Map) -> None:
        """Let an object stand before another in the chain."""
        put_before(self.chain, link_map, place)
        self._in_chain.add(link_map.number)
        self._reordered()

    def drop_missing(self) -> None:
        """Take the stand-ins for what was not found out of the chain."""
        self.chain = [link_map for link_map in self.chain if not link_map.missing]
        self._in_chain = {link_map.number for link_map in self.chain}
        self._reordered()

    def alias(self, name: str, link_map: Map) -> None:
        """Remember that an object was asked for by this name too."""
        numbers = self._names.get(name, ())
        if link_map.number not in numbers:
            self._names[name] = (*numbers, link_map.number)

    def named(self, name: str, *, missing: bool = True) -> Optional[Map]:
        """Return the first in the chain that was asked for by this name or path, or is `missing`."""
        numbers = self._names.get(name, ())
        return self._first(numbers, missing=missing)

    def lookup(self, name: str) -> Optional[Map]:
        """Return the loaded object that has this name or SONAME; None if there is none."""
        known = self._known_names.get(name)
        if known is not None:
            return known
        named, sonames = self._names.get(name, ()), self._sonames.get(name)
        if not named and not sonames:
            return None
        found = self._first({*named, *_each(sonames)}, missing=False)
        if found is not None:
            self._known_names[name] = found
            self.alias(name, found)
        return found

    def _first(self, numbers: Iterable[int], *, missing: bool) -> Optional[Map]:
        """Return the first in the chain of the objects with these numbers."""
        found = [self.maps[number] for number in numbers if number in self._in_chain]
        if not missing:
            found = [link_map for link_map in found if link_map.elf is not None]
        return min(found, key=self._place) if len(found) > 1 else found[0] if found else None

    def _place(self, link_map: Map) -> int:
        """Where in the chain an object stands."""
        if self._places is None:
            self._places = {each.number: place for place, each in enumerate(self.chain)}
        return self._places[link_map.number]

    def identified(self, identity: Identity) -> Optional[Map]:
        """Return the object of the chain that is this file."""
        number = self._identities.get(identity)
        return None if number is None else self.maps[number]

    def identify(self, link_map: Map, identity: Identity) -> None:
        """Remember which file an object is."""
        link_map.identity = identity
        self._identities[identity] = link_map.number

    def resolve(self, name: str, asker: Map, dlopen: bool = False, preload: str = "") -> Map:
        """Return the object that satisfies `name` for `asker`. Raises Failure."""
        known = self.lookup(name)
        if known is not None:
            return known
        attempt = SearchAttempt(self.secure and bool(preload))
        try:
            found = self._find(name, asker, attempt)
        except Unusable as bad:
            raise self._bad(name, asker, bad, attempt) from bad
        if found is None:
            raise self._not_found(name, asker, attempt)
        identity = found.elf.file_identity
        same = self.identified(identity)
        if same is not None:
            self.alias(name, same)
            return same
        reason = found.elf.load_error(self.started)
        if reason:
            attempt.tried.append(Candidate(found.path, found.rule, reason))
            raise self._bad(name, asker, Unusable(name, found.rule, reason), attempt, found.path)
        needed_by = preload or asker.path or self.progname
        by: Rule = "preload" if preload else found.rule
        new = self.add(name, found.path, found.elf, None if dlopen else asker, by, needed_by)
        self.identify(new, identity)
        new.tried = attempt.places()
        self._known_names[name] = new
        return new

    def _find(self, name: str, asker: Map, attempt: SearchAttempt) -> Optional[SearchResult]:
        if "/" in name:
            path = expand(name, asker.origin, self.system)
            elf = self.search.candidate(path, "path", attempt) if path else None
            return SearchResult(path, "path", elf) if elf else None
        search, found = self.search, None
        assert asker.elf is not None
        if asker.elf.runpath is None:
            for link_map in self._rpath_chain(asker):
                found = search.in_list(name, self._rpath(link_map), "rpath", attempt)
                if found:
                    return found
        found = search.in_list(name, self.library_path, "LD_LIBRARY_PATH", attempt)
        if not found and asker.elf.runpath is not None:
            found = search.in_list(name, self._runpath(asker), "runpath", attempt)
        return found or self._in_system(name, asker.elf, attempt)

    def _in_system(self, name: str, asker: ElfFile, attempt: SearchAttempt) -> Optional[SearchResult]:
        no_defaults = asker.flags_1 & Flags1.NODEFLIB
        cache = None if attempt.setuid_only else self.search.cache
        cached = cache.lookup(name) if cache else None
        if cached and not (no_defaults and cached.startswith(self.system.default_dirs)):
            elf = self.search.candidate(cached, "cache", attempt)
            if elf:
                return SearchResult(cached, "cache", elf)
        elif cache:
            why = "is in a default directory (DF_1_NODEFLIB)" if cached else "not in the cache"
            attempt.tried.append(Candidate(cached or self.system.cache_path, "cache", why))
        if no_defaults:
            return None
        return self.search.in_list(name, self.system.default_dirs, "default", attempt)

    def _rpath_chain(self, asker: Map) -> Iterable[Map]:
        """Yield the asking object, the objects that loaded it, and the program, each once."""
        seen_program = False
        link_map: Optional[Map] = asker
        while link_map is not None:
            if self._rpath(link_map):
                seen_program |= link_map.number == 0
                yield link_map
            link_map = self.maps[link_map.loader] if link_map.loader is not None else None
        if not seen_program:
            yield self.maps[0]

    def _rpath(self, link_map: Map) -> tuple[str, ...]:
        if link_map.rpath is None:
            link_map.rpath = self._listed(link_map, link_map.elf.rpath if link_map.elf else None)
            if link_map.elf and link_map.elf.runpath is not None:
                link_map.rpath = ()
        return link_map.rpath

    def _runpath(self, link_map: Map) -> tuple[str, ...]:
        if link_map.runpath is None:
            link_map.runpath = self._listed(link_map, link_map.elf.runpath if link_map.elf else None)
        return link_map.runpath

    def _listed(self, link_map: Map, value: Optional[str]) -> tuple[str, ...]:
        elements = split_rpath(value or "")
        if self.secure:
            program = link_map.number == 0
            elements = [
                element for element in elements if allowed(element, link_map.origin, self.system, program)
            ]
        return directories(elements, link_map.origin, self.system)

    def _bad(
        self, name: str, asker: Map, bad: Unusable, attempt: SearchAttempt, path: str = ""
    ) -> Failure:
        if not path:
            attempt.tried.append(Candidate(bad.path, bad.rule, bad.reason))
        tail = f": {message(bad.errno, self.started)}" if bad.errno else ""
        text = self._line(f"{bad.path}: {bad.reason}{tail}")
        by, tried = asker.path or self.progname, attempt.places()
        problem = Problem("bad-file", name, by, text, tried, provider=path or bad.path)
        return Failure(problem, bad.reason)

    def _not_found(self, name: str, asker: Map, attempt: SearchAttempt) -> Failure:
        if attempt.other_class:
            reason, tail = f"wrong ELF class: ELFCLASS{96 - self.system.abi.bits}", ""
        else:
            reason = "cannot open shared object file"
            tail = f": {message(attempt.errno, self.started)}" if attempt.errno else ""
        text = self._line(f"{name}: {reason}{tail}")
        by = asker.path or self.progname
        if attempt.other_class and "/" in name:  # it is there
            return Failure(Problem("bad-file", name, by, text, attempt.places(), provider=name), reason)
        return Failure(Problem("not-found", name, by, text, attempt.places()), reason)

    def _line(self, text: str) -> str:
        if self.started:
            return text
        return f"{self.progname}: error while loading shared libraries: {text}"


#: the last of some numbers, and those before it: copies of a process share them
_Numbers = tuple[int, Optional["_Numbers"]]
#: a SONAME that the program alone has
_PROGRAM: _Numbers = (0, None)


def _each(numbers: Optional[_Numbers]) -> Iterator[int]:
    while numbers:
        last, numbers = numbers
        yield last


def put_before(maps: list[Map], moved: Map, place: Map) -> None:
    """Let `moved` stand before `place`, once."""
    if moved in maps:
        maps.remove(moved)
    maps.insert(maps.index(place), moved)
