"""Symbol versions: those that objects need, compared with those that the named objects define.

Source of the rules: glibc's elf/dl-version.c (`_dl_check_map_versions`, `match_symbol`,
`find_needed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from .elf import ElfFile, VersionNeed
from .map import Map
from .model import Problem, ProblemKind
from .namespace import Namespace


def check_versions(space: Namespace, maps: Iterable[Map]) -> tuple[list[Problem], list[Problem]]:
    """Return (missing versions, warnings) of these objects."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    memory = space.files.memory()
    for link_map in maps:
        if link_map.elf is None or not link_map.elf.verneed:
            continue
        by = link_map.path or space.progname
        for group in _needs(memory, link_map.elf):
            provider = space.named(group.file)
            if provider is None:
                need = group.needs[0]
                text = "Inconsistency detected by ld.so: _dl_check_map_versions: needed != NULL"
                problems.append(Problem("inconsistent", need.file, by, text, version=need.version))
                break
            if provider.elf is None:
                continue
            for need in _lacking(memory, group, provider.elf):
                if provider.elf.verdef is None:
                    reason = "no version information available"
                    warnings.append(_problem(space, "no-version-information", need, by, provider, reason))
                    continue
                reason = f"version `{need.version}' not found"
                if need.weak:
                    warnings.append(_problem(space, "weak-version", need, by, provider, f"weak {reason}"))
                else:
                    problems.append(_problem(space, "version", need, by, provider, reason))
    return problems, warnings


class _NeedsOfFile(msgspec.Struct, frozen=True):
    """The versions that an object needs of one file, one after the other in its table."""

    owner: ElfFile
    place: int
    file: str
    needs: tuple[VersionNeed, ...]


def _needs(memory: dict[object, Any], elf: ElfFile) -> tuple[_NeedsOfFile, ...]:
    key = ("needs", elf.identity)
    if key not in memory:
        groups = groupby(elf.verneed, key=lambda need: need.file)
        memory[key] = tuple(
            _NeedsOfFile(elf, place, file, tuple(needs)) for place, (file, needs) in enumerate(groups)
        )
    found: tuple[_NeedsOfFile, ...] = memory[key]
    return found


def _lacking(
    memory: dict[object, Any], group: _NeedsOfFile, provider: ElfFile
) -> tuple[VersionNeed, ...]:
    """Those that a provider does not define; of the same two files in each process the same."""
    key = ("lacking", group.owner.identity, group.place, provider.identity)
    if key not in memory:
        defined = provider.versions
        memory[key] = tuple(need for need in group.needs if need.version not in defined)
    found: tuple[VersionNeed, ...] = memory[key]
    return found


def _problem(
    space: Namespace, kind: ProblemKind, need: VersionNeed, by: str, provider: Map, reason: str
) -> Problem:
    place = provider.path or space.progname
    text = f"{place}: {reason} (required by {by})"
    if not space.started:
        text = f"{space.progname}: {text}"
    return Problem(kind, need.file, by, text, version=need.version, provider=place)
