"""The search of musl's loader, which knows neither cache, SONAME nor symbol versions.

Source of the rules: musl's ldso/dynlink.c (`load_library`, `path_open`, `fixup_rpath`,
`load_deps`).
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
from collections.abc import Iterable
from typing import Optional

from tritondoctor.support.patterns import pattern

from .elf import ElfFile, read_elf
from .header import BadElf, Skipped
from .map import Map
from .model import Problem, ProblemKind
from .namespace import Failure, Namespace
from .search import SearchAttempt, SearchResult
from .tried import Candidate, Rule

GOES_ON = {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ENAMETOOLONG}
OWN_NAMES = pattern(r"lib(?:c|pthread|rt|m|dl|util|xnet)\.")
ORIGIN = pattern(r"\$(?:ORIGIN|\{ORIGIN\})")


class MuslNamespace(Namespace):
    """The objects of a process that musl loads."""

    def set_library_path(self, value: str) -> None:
        """Set LD_LIBRARY_PATH, in which no token is expanded and empty elements are ignored."""
        self.library_path = _elements(value)

    def may_take_over(self, known: Namespace) -> bool:
        """Never: a request is written down as glibc expands it."""
        return False

    def lookup(self, name: str) -> Optional[Map]:
        """Return the loader itself for the names of the C library, else an object found before."""
        if OWN_NAMES.match(name):
            return self.maps[1]
        return self.named(name, missing=False)

    def resolve(self, name: str, asker: Map, dlopen: bool = False, preload: str = "") -> Map:
        """Return the object that satisfies `name` for `asker`. Raises Failure."""
        known = self.lookup(name) if "/" not in name else None
        if known is not None:
            return known
        attempt = SearchAttempt()
        found = self._found(name, asker, attempt)
        if found is None:
            raise self._failed(name, asker, attempt)
        identity = self.files.stat(self.search.absolute(found.path)).identity
        same = self.identified(identity)
        if same is not None:
            if "/" not in name:
                self.alias(name, same)
            return same
        by = "preload" if preload else found.rule
        needed_by = preload or asker.path or self.progname
        new = self.add(name, found.path, found.elf, None if dlopen else asker, by, needed_by)
        self.identify(new, identity)
        new.tried = tuple(attempt.tried)
        return new

    def _found(self, name: str, asker: Map, attempt: SearchAttempt) -> Optional[SearchResult]:
        for path, rule in self._candidates(name, asker):
            elf = self._open(path, rule, attempt)
            if elf is not None:
                return SearchResult(path, rule, elf)
            if attempt.errno not in GOES_ON:
                return None
        return None

    def _open(self, path: str, rule: Rule, attempt: SearchAttempt) -> Optional[ElfFile]:
        try:
            return read_elf(self.files, self.search.absolute(path), self.system.abi)
        except (BadElf, Skipped) as bad:
            attempt.errno = errno.ENOEXEC
            attempt.tried.append(Candidate(path, rule, str(bad)))
        except OSError as failure:
            attempt.errno = failure.errno or errno.EIO
            missing = attempt.errno == errno.ENOENT
            why = "no such file" if missing else os.strerror(attempt.errno)
            attempt.tried.append(Candidate(path, rule, why))
        return None

    def _candidates(self, name: str, asker: Map) -> Iterable[tuple[str, Rule]]:
        if "/" in name:
            yield name, "path"
            return
        for folder in self.library_path:
            yield f"{folder}/{name}", "LD_LIBRARY_PATH"
        link_map: Optional[Map] = asker
        while link_map is not None and link_map.elf is not None:
            rule: Rule = "rpath" if link_map.elf.runpath is None else "runpath"
            for folder in self._own_path(link_map):
                yield f"{folder}/{name}", rule
            link_map = self.maps[link_map.loader] if link_map.loader is not None else None
        for folder in self.system.default_dirs:
            yield folder + name, "default"

    @staticmethod
    def _own_path(link_map: Map) -> tuple[str, ...]:
        listed = link_map.elf.runpath or link_map.elf.rpath if link_map.elf else None
        if listed and "$" in ORIGIN.sub("", listed):
            return ()
        origin = link_map.origin or posixpath.dirname(link_map.file)
        return _elements(ORIGIN.sub(lambda _: origin, listed or ""))

    def _failed(self, name: str, asker: Map, attempt: SearchAttempt) -> Failure:
        by = asker.path or self.progname
        reason = os.strerror(attempt.errno or errno.ENOENT)
        text = f"Error loading shared library {name}: {reason} (needed by {by})"
        kind: ProblemKind = "bad-file" if attempt.errno == errno.ENOEXEC else "not-found"
        provider = attempt.tried[-1].path if kind == "bad-file" else ""
        problem = Problem(kind, name, by, text, tuple(attempt.tried), provider=provider)
        return Failure(problem, reason)


def _elements(value: str) -> tuple[str, ...]:
    return tuple(part for part in re.split("[:\n]", value) if part)
