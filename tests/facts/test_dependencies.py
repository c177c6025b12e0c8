"""Requirements read without `packaging`, against `packaging`: every line of the packages here."""

from __future__ import annotations

import importlib.metadata
import itertools
import sys

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.truth import stock
from tritondoctor.facts.imports.dependencies import applies, dependency, environment, fits

LINES = """
numpy
numpy>=1.21
numpy >=1.21, <3.0
numpy (>=1.21,!=1.25.0)
nvidia-pytriton[all,dev_x]==0.7.0; python_version < "3.13" and sys_platform == 'linux'
importlib-metadata; python_version<"3.8" or python_full_version >= "3.13.0"
importlib-metadata; (python_version < "3.8")
a; extra == "Dev_X" or extra == 'all'
a ~= 1.4
a===1.0
a == 1.*
a>=1.0rc1
a @ https://example.org/a.whl
a>=1; platform_machine not in "arm64"
a>=1; platform_release >= "5"
a>=1; extra == "3"
a>=1; 'linux' == sys_platform
a>=1,
a>=1 ; python_version >= "3.8" and (extra == "x")
a>=1;
a>
a b
-a
a[
a[]
a[x
a.b_C>=1
""".strip().splitlines()
VERSIONS = [
    "1", "1.0", "1.0.0", "1.0.post1", "1.0.1", "1.26.4", "2", "2.0", "2.0.post0", "2.1", "2.9", "2.10",
    "1.0rc1", "1.0.dev3", "1.0+cu12", "1!1", "v2", "x",
]  # fmt: skip
SIGNS = (">=", "<=", "==", "!=", "<", ">", "~=", "===")
SPECIFIERS = [
    "", "==1.*", ">=1,<2", ">=1, !=1.0.1",
    *(sign + version for sign in SIGNS for version in ("1.0", "2.0", "2.0.0", "1.0.post1", "2.1rc1")),
]  # fmt: skip
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "arm64"}


def _requires() -> list[str]:
    folders = [str(path) for path in stock.CACHE.glob("*/lib/python3*/site-packages")]
    found = importlib.metadata.distributions(path=[*folders, *sys.path])
    return sorted({line for distribution in found for line in distribution.requires or ()})


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return [*LINES, *_requires()]


def _packaging(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def test_lines(lines: list[str]) -> None:
    for line in lines:
        mine, theirs = dependency(line), _packaging(line)
        assert (mine is None) == (theirs is None), line
        if mine is None or theirs is None:
            continue
        assert mine.name == canonicalize_name(theirs.name), line
        assert mine.extras == {canonicalize_name(extra) for extra in theirs.extras}, line
        assert SpecifierSet(mine.specifier) == theirs.specifier, line
        assert (Marker(mine.marker) if mine.marker.strip() else None) == theirs.marker, line


def test_markers(lines: list[str]) -> None:
    worlds = [
        {**environment(), "python_version": minor, "python_full_version": f"{minor}.0", **more}
        for minor in ("3.8", "3.9", "3.10", "3.13")
        for more in (
            {},
            {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "arm64"},
        )
    ]
    markers = {read.marker for read in map(dependency, lines) if read is not None and read.marker}
    for marker, world, extra in itertools.product(sorted(markers), worlds, ("", "all", "dev-x")):
        extras = {extra} if extra else set()
        try:
            theirs = any(Marker(marker).evaluate({**world, "extra": one}) for one in ("", *extras))
        except InvalidVersion:
            theirs = False
        assert applies(marker, extras, world) == theirs, (marker, world, extra)


@pytest.mark.parametrize("specifier", SPECIFIERS)
def test_specifiers(specifier: str) -> None:
    for version in VERSIONS:
        try:
            theirs = SpecifierSet(specifier).contains(Version(version), prereleases=True)
        except InvalidVersion:
            theirs = None
        assert fits(specifier, version) == theirs, (specifier, version)


def test_environment() -> None:
    assert environment() == {
        name: value for name, value in default_environment().items() if name != "extra"
    }
