"""Alternatives where pip's choice conflicts with other installed packages.

pip's own resolver finds the versions that go together: nothing here knows a package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tritondoctor.checks.edits import Pip
from tritondoctor.checks.model import Remedy, Text, cure, text
from tritondoctor.facts.imports.model import UnmetRequirement
from tritondoctor.facts.imports.requirements import Environment

PYTRITON = "nvidia-pytriton"
KEEPING, MATCHING = "keeping-neighbours", "matching-neighbours"


class Alternative(NamedTuple):
    """A remedy that stands in for another, and how much more it invades."""

    remedy: Remedy
    price: float


def choices(
    remedy: Remedy, conflicts: Iterable[UnmetRequirement], here: Environment
) -> Iterator[Alternative]:
    """Remedies in the place of one whose installation leaves conflicts: the neighbours kept as they are
    and the rest chosen to suit them; else the neighbours in versions that suit the rest.
    """
    if len(remedy.edits) != 1 or not isinstance(remedy.edits[0], Pip) or remedy.edits[0].again:
        return
    edit = remedy.edits[0]
    own = here.requirements_of(PYTRITON) if PYTRITON in here.packages else set()
    names = sorted(
        {canonicalize_name(conflict.name) for conflict in conflicts} & here.packages.keys() - own
    )
    release = _release(edit, here)
    kept = [f"{here.packages[name].name}=={here.packages[name].version}" for name in names]
    if release:
        title = text("Let pip choose versions that work with the installed {names}", names=_and(names))
        if not names:
            title = text("Let pip choose the dependencies of {release} again", release=release[0])
        yield Alternative(_with(remedy, edit, KEEPING, title, [*release, *kept]), 1.0)
    title = text("{what}, with matching versions of {names}", what=remedy.title, names=_and(names))
    if not names:
        title = text(
            "{what}, with the dependencies of {release}", what=remedy.title, release=_and(release)
        )
    yield Alternative(_with(remedy, edit, MATCHING, title, [*edit.requirements, *release, *names]), 2.0)


def _release(edit: Pip, here: Environment) -> list[str]:
    """The release of PyTriton that is asked for or installed, which stays."""
    requested = [requirement for requirement in edit.requirements if _name(requirement) == PYTRITON]
    there = here.packages.get(PYTRITON)
    return requested or ([f"{PYTRITON}=={there.version}"] if there else [])


def _with(remedy: Remedy, edit: Pip, id: str, title: Text, requirements: Iterable[str]) -> Remedy:
    first: dict[str, str] = {}
    for requirement in requirements:
        first.setdefault(_name(requirement), requirement)
    return cure(id, title, msgspec.structs.replace(edit, requirements=tuple(first.values())))


def _name(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return requirement


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
