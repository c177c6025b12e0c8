"""Packages whose compiled modules work with some versions only of what they extend.

Their metadata do not say it, nor do the files: the table was made by real imports of released wheels
(tests/sweep/compiled.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tritondoctor.facts.imports.dependencies import fits
from tritondoctor.facts.imports.model import BuiltForAnother
from tritondoctor.facts.imports.requirements import Environment
from tritondoctor.support import own_files


class Pair(msgspec.Struct, frozen=True):
    """Releases of a package (`versions`, a specifier), and the releases of `base` that they load with."""

    package: str
    versions: str
    base: str
    wanted: str


def mismatches(installed: Environment) -> Iterator[BuiltForAnother]:
    """The packages that were compiled for other versions than those that are there."""
    for pair in _pairs():
        package, base = installed.packages.get(pair.package), installed.packages.get(pair.base)
        if package is None or base is None:
            continue
        if fits(pair.versions, package.version) and fits(pair.wanted, base.version) is False:
            yield BuiltForAnother(pair.package, package.version, pair.base, pair.wanted, base.version)


def _pairs() -> list[Pair]:
    return [Pair(**row) for row in own_files.table("compiled_with.json")["pairs"]]
