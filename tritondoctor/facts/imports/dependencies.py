"""Requirements as most are written, read without `packaging`, whose import is a twentieth of a check.

What is written in another way is left to `packaging` (tests/facts/test_dependencies.py compares the two).
Sources: the packaging specifications "Dependency specifiers" and "Version specifiers".
"""

from __future__ import annotations

import functools
import operator
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Optional

import msgspec

_LINE = re.compile(
    r"\s*([a-z\d](?:[\w.-]*[a-z\d])?)\s*(?:\[([\w\s,.-]+)\])?\s*(?:\(([^()]*)\)\s*|([^()\[\];@]*))(?:;\s*(\S.*))?",
    re.ASCII | re.IGNORECASE,
)
#: characters of a line or a version; int() refuses more than 4,300 digits
LONGEST_LINE = 4096
_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|~=|<|>)\s*(\d+(?:\.\d+)*)\s*", re.ASCII)
_VERSION = re.compile(r"(\d+(?:\.\d+)*)(?:\.post(\d+))?", re.ASCII)
_TEST = re.compile(r"""\s*(\w+)\s*(==|!=|<=|>=|<|>)\s*(?:"([^"]+)"|'([^']+)')\s*""")
_OF_VERSIONS = {"python_version", "python_full_version"}
_OF_NAMES = {
    "extra", "implementation_name", "os_name", "platform_machine", "platform_python_implementation",
    "platform_system", "sys_platform",
}  # fmt: skip
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    ">": lambda have, wanted: have[0] > wanted[0],  # not a later post-release of the same
}  # fmt: skip

_Version = tuple[Sequence[int], int]


class Dependency(msgspec.Struct, frozen=True):
    """What a line requires: a canonical `name`, the extras of it; specifier and marker as text."""

    name: str
    extras: frozenset[str]
    specifier: str
    marker: str
    line: str


def canonical(name: str) -> str:
    """A distribution's or extra's name as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@functools.lru_cache(maxsize=4096)
def dependency(line: str) -> Optional[Dependency]:
    """What a line requires; None for what is no requirement, or longer than anybody writes one."""
    if len(line) > LONGEST_LINE:
        return None
    plain = _LINE.fullmatch(line)
    if plain is not None:
        name, extras, enclosed, specifier, marker = (part or "" for part in plain.groups())
        specifier = (enclosed or specifier).strip()
        if _clauses(specifier) is not None and (not marker or _alternatives(marker) is not None):
            return _dependency(name, extras.split(",") if extras else (), specifier, marker, line)
    from packaging.requirements import Requirement

    try:
        read = Requirement(line)
    except (ValueError, RecursionError):  # InvalidRequirement is one, and an address may be none
        return None
    return _dependency(read.name, read.extras, str(read.specifier), str(read.marker or ""), line)


def _dependency(name: str, extras: Iterable[str], specifier: str, marker: str, line: str) -> Dependency:
    known = frozenset(canonical(extra.strip()) for extra in extras)
    return Dependency(canonical(name), known, specifier, marker, line)


def written(wanted: Dependency) -> str:
    """Name and specifier as a person reads them: `numpy<3,>=1.26`."""
    from packaging.requirements import Requirement

    try:
        read = Requirement(wanted.line)
    except ValueError:
        return f"{wanted.name}{wanted.specifier}"
    return f"{read.name}{read.specifier}"


def fits(specifier: str, version: str) -> Optional[bool]:
    """Whether a version fits, a pre-release too; None where the version cannot be compared."""
    if len(version) > LONGEST_LINE:
        return None
    clauses, have = _clauses(specifier), _version(version)
    if clauses is not None and have is not None:
        return all(_COMPARED[sign](have, wanted) for sign, wanted in clauses)
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return None


@functools.lru_cache(maxsize=4096)
def _clauses(specifier: str) -> Optional[Sequence[tuple[str, _Version]]]:
    """The clauses of a specifier; None where one is not plain."""
    found: list[tuple[str, _Version]] = []
    for part in specifier.split(",") if specifier else ():
        plain = _CLAUSE.fullmatch(part)
        if plain is None:
            return None
        sign, release = plain[1], [int(number) for number in plain[2].split(".")]
        if sign == "~=":
            if len(release) == 1:
                return None
            found.append(("<", _compared([*release[:-2], release[-2] + 1])))
        found.append((">=" if sign == "~=" else sign, _compared(release)))
    return found


def _version(text: str) -> Optional[_Version]:
    """What a final or post-release is compared by; None for others."""
    plain = _VERSION.fullmatch(text)
    if plain is None:
        return None
    post = int(plain[2]) if plain[2] else -1
    return _compared([int(number) for number in plain[1].split(".")], post)


def _compared(release: list[int], post: int = -1) -> _Version:
    while release[1:] and release[-1] == 0:
        release = release[:-1]
    return release, post


def environment() -> dict[str, str]:
    """The values of markers for this very process."""
    version = "{}.{}.{}".format(*sys.implementation.version[:3])
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def applies(marker: str, extras: Iterable[str], values: Mapping[str, str]) -> bool:
    """Whether a marker holds with any of the extras, or none."""
    alternatives = _alternatives(marker)
    chosen = [{**values, "extra": extra} for extra in ("", *extras)]
    if alternatives is not None:
        return any(all(_holds(test, each) for test in tests) for tests in alternatives for each in chosen)
    from packaging.markers import Marker, UndefinedEnvironmentName

    try:
        return any(Marker(marker).evaluate(values) for values in chosen)
    except (UndefinedEnvironmentName, ValueError, RecursionError):  # InvalidVersion is a ValueError
        return False


_Test = tuple[str, str, str]


@functools.lru_cache(maxsize=4096)
def _alternatives(marker: str) -> Optional[Sequence[Sequence[_Test]]]:
    """Tests of which all of a group must hold; None where a marker is not plain."""
    found = [
        [_test(test) for test in re.split(r"\band\b", group)] for group in re.split(r"\bor\b", marker)
    ]
    plain = [[test for test in group if test is not None] for group in found]
    return plain if [*map(len, plain)] == [*map(len, found)] else None


def _test(text: str) -> Optional[_Test]:
    plain = _TEST.fullmatch(text)
    if plain is None:
        return None
    name, sign, value = plain[1], plain[2], plain[3] or plain[4]
    of_versions = name in _OF_VERSIONS and _clauses(f"{sign}{value}") is not None
    of_names = name in _OF_NAMES and sign in ("==", "!=") and not value[:1].isdigit()
    return (name, sign, value) if of_versions or of_names else None


def _holds(test: _Test, values: Mapping[str, str]) -> bool:
    name, sign, value = test
    if name in _OF_VERSIONS:
        return fits(f"{sign}{value}", values[name]) is True
    have = values[name]
    same = canonical(have) == canonical(value) if name == "extra" else have == value
    return same is (sign == "==")
