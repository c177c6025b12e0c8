"""A composed environment as data: from a seed, or with fewer atoms."""

from __future__ import annotations

import hashlib
import random
from typing import NamedTuple

from tests.generated import atoms as _atoms  # noqa: F401 (declares them)
from tests.generated.atom import ATOMS, STAGES
from tests.truth.declare import Environment
from tests.truth.place import Place
from tests.truth.stock import SYSTEM, Absent

PLAIN = ("3.11", "0.7.0")
#: Python -> releases of PyTriton that are tried with it; the first more often than the others
RELEASES = {
    "3.11": ("0.7.0", "0.6.0", "0.5.14"),
    "3.10": ("0.7.0", "0.5.14", "0.5.5", "0.4.2", "0.3.1", "0.2.5"),
    "3.12": ("0.7.0",),
    "3.9": ("0.7.0",),
    "3.13": ("0.7.0", "0.5.13"),
    "3.8": ("0.7.0", "0.2.5", "0.1.5"),
    SYSTEM: ("0.7.0",),
}
_NEWEST = 0.8
#: how many atoms, with their weights
_NUMBERS = {1: 2, 2: 4, 3: 4, 4: 2, 5: 1}
#: what the loader does is what most starts fail by
_OFTEN = {"debian-on-library-path": 3, "odd-element": 3, "damaged-library": 2, "another-user": 2,
          "layout": 3, "name-of-the-workspace": 2, "model-repository": 2}  # fmt: skip
_ORDER = {name: (STAGES.index(one.stage), number) for number, (name, one) in enumerate(ATOMS.items())}


class Recipe(NamedTuple):
    """An environment: a Python, a release of PyTriton, and the names of atoms in their order."""

    python: str
    release: str
    atoms: tuple[str, ...]

    @property
    def name(self) -> str:
        """All of it in one line."""
        return " + ".join((f"{self.python}/{self.release}", *self.atoms))

    @property
    def digest(self) -> str:
        """Tells apart also what other code built under the same name."""
        parts = (self.name, *(ATOMS[atom].source for atom in self.atoms))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def without(self, *names: str) -> Recipe:
        """The same with fewer atoms."""
        return self._replace(atoms=tuple(atom for atom in self.atoms if atom not in names))

    def environment(self) -> Environment:
        """For `Place`; which ids it should have is not known."""
        return Environment(self.name, (), "composed", self.python, self.release, self._build)

    def _build(self, place: Place) -> None:
        place.own_tmp()  # killed starts leave much there
        place.set(PYTHONUNBUFFERED="1")  # a log that was kept back tells nothing
        for name in self.atoms:
            try:
                ATOMS[name].build(place)
            except (FileExistsError, IsADirectoryError, NotADirectoryError) as obstacle:
                raise Absent(f"{name} finds another atom in its place: {obstacle}") from obstacle


def recipe(python: str, release: str, names: list[str]) -> Recipe:
    """A recipe with its atoms in the order in which they are applied."""
    return Recipe(python, release, tuple(sorted(names, key=_ORDER.__getitem__)))


def generate(seed: int) -> Recipe:
    """The environment of a seed."""
    drawn = random.Random(seed)
    python = drawn.choice(list(RELEASES))
    first, *older = RELEASES[python]
    release = first if not older or drawn.random() < _NEWEST else drawn.choice(older)
    subjects: dict[str, list[str]] = {}
    for name, one in ATOMS.items():
        subjects.setdefault(one.subject, []).append(name)
    number = drawn.choices(list(_NUMBERS), list(_NUMBERS.values()))[0]
    left = {subject: _OFTEN.get(subject, 1) for subject in subjects}
    names = []
    for _ in range(number):
        subject = drawn.choices(list(left), list(left.values()))[0]
        del left[subject]
        names.append(drawn.choice(subjects[subject]))
        if subject == "another-user":
            python, release = SYSTEM, PLAIN[1]
    return recipe(python, release, names)
