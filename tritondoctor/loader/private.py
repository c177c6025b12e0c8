"""Checks that the parts of the C library in a process belong to the same build.

Version names match between releases of glibc, but its objects also share symbols (GLIBC_PRIVATE)
and structures that change from release to release: a libc.so.6 of another build than the loader
fails while it is relocated (`_dl_lookup_symbol_x` in elf/dl-lookup.c), or crashes a moment later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from tritondoctor.support.reading import Limit

from .elf import ElfFile
from .files import Files
from .map import Map
from .model import Problem
from .namespace import Namespace
from .symbols import version_symbols
from .system import banner_version

PRIVATE = "GLIBC_PRIVATE"
PLAIN_MESSAGE = (2, 30)


def check_private_symbols(space: Namespace, maps: Iterable[Map]) -> list[Problem]:
    """Return undefined GLIBC_PRIVATE symbols, and a libc of another release than the loader.

    What Python and tritonserver open (RTLD_NOW in Python/dynload_shlib.c and Triton's shared_library.cc)
    is bound at once; what a program is linked with may wait for the first call.
    """
    problems: list[Problem] = []
    defined: Optional[frozenset[str]] = None
    for link_map in maps:
        if link_map.elf is None or not _needs_private(space.files, link_map.elf):
            continue
        if defined is None:
            defined = _defined(space)
        missing = [
            found.name
            for found in version_symbols(space.files, link_map.file, link_map.elf, PRIVATE).references
            if (space.started or not found.lazy) and found.name not in defined
        ]
        if missing:
            problems.append(_undefined(space, link_map, missing[0]))
        elif link_map.elf.soname == "libc.so.6":
            problems += _other_release(space, link_map)
    return problems


def _needs_private(files: Files, elf: ElfFile) -> bool:
    known, key = files.memory(), ("needs private", elf.identity)
    if key not in known:
        known[key] = any(need.version == PRIVATE for need in elf.verneed)
    needs: bool = known[key]
    return needs


def _defined(space: Namespace) -> frozenset[str]:
    """The private symbols that the objects of a process define; of the same objects found once."""
    parts = [
        (link_map.file, link_map.elf)
        for link_map in space.chain
        if link_map.elf is not None and link_map.elf.verdef and PRIVATE in link_map.elf.verdef.values()
    ]
    known, key = space.files.memory(), ("private", *(elf.identity for _, elf in parts))
    if key not in known:
        names = (version_symbols(space.files, file, elf, PRIVATE).defined for file, elf in parts)
        known[key] = frozenset().union(*names)
    found: frozenset[str] = known[key]
    return found


def _undefined(space: Namespace, link_map: Map, symbol: str) -> Problem:
    if space.system.version >= PLAIN_MESSAGE:
        reason = f"symbol lookup error: {link_map.path}: undefined symbol: {symbol}, version {PRIVATE}"
    else:
        needs = link_map.elf.verneed if link_map.elf else ()
        file = next(need.file for need in needs if need.version == PRIVATE)
        reason = (
            f"relocation error: {link_map.path}: symbol {symbol} version {PRIVATE} "
            f"not defined in file {file} with link time reference"
        )
    text = reason if space.started else f"{space.progname}: {reason}"
    return Problem("symbol", symbol, link_map.needed_by, text, version=PRIVATE, provider=link_map.path)


def _other_release(space: Namespace, libc: Map) -> list[Problem]:
    ours = space.system.version
    theirs = _release(space.files, libc)
    if theirs is None or ours == (0, 0) or theirs == ours:
        return []
    loader = space.system.interpreter
    text = (
        f"{space.progname}: {libc.path} is of glibc {theirs[0]}.{theirs[1]}, "
        f"its loader {loader} of glibc {ours[0]}.{ours[1]}: the process crashes at start"
    )
    return [Problem("glibc-mismatch", libc.name, libc.needed_by, text, provider=libc.path)]


def _release(files: Files, libc: Map) -> Optional[tuple[int, int]]:
    key = ("release", libc.identity)
    if key not in files.memory():
        try:
            files.memory()[key] = banner_version(files.read(libc.file, Limit.LOADER))
        except OSError:
            files.memory()[key] = None
    found: Optional[tuple[int, int]] = files.memory()[key]
    return found
