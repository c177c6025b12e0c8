"""Symbol versions: those that objects need, compared with those that the named objects define.

Source of the rules: glibc's elf/dl-version.c (`_dl_check_map_versions`, `match_symbol`,
`find_needed`).
"""

from __future__ import annotations

from collections.abc import Iterable

from .elf import VersionNeed
from .model import Problem, ProblemKind
from .namespace import Map, Namespace


def check_versions(space: Namespace, maps: Iterable[Map]) -> tuple[list[Problem], list[Problem]]:
    """Return (missing versions, warnings) of these objects."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for link_map in maps:
        if link_map.elf is None:
            continue
        by = link_map.path or space.progname
        for need in link_map.elf.verneed:
            provider = space.named(need.file)
            if provider is None:
                text = "Inconsistency detected by ld.so: _dl_check_map_versions: needed != NULL"
                problems.append(Problem("inconsistent", need.file, by, text, version=need.version))
                break
            if provider.elf is None:
                continue
            defined = provider.elf.verdef
            if defined is None:
                reason = "no version information available"
                warnings.append(_problem(space, "no-version-information", need, by, provider, reason))
            elif need.version not in defined.values():
                reason = f"version `{need.version}' not found"
                if need.weak:
                    warnings.append(_problem(space, "weak-version", need, by, provider, f"weak {reason}"))
                else:
                    problems.append(_problem(space, "version", need, by, provider, reason))
    return problems, warnings


def _problem(
    space: Namespace, kind: ProblemKind, need: VersionNeed, by: str, provider: Map, reason: str
) -> Problem:
    place = provider.path or space.progname
    text = f"{place}: {reason} (required by {by})"
    if not space.started:
        text = f"{space.progname}: {text}"
    return Problem(kind, need.file, by, text, version=need.version, provider=place)
