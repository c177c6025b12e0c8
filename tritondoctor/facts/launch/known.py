"""Parts of the launch that a simulated world takes over from the real one, as nothing in it differs that
was looked at until they were made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

import msgspec

from tritondoctor.loader import Change, Copy, Files, SeenPaths


class SeenVariables(Mapping[str, str]):
    """Variables, and which of them were looked at."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._names: dict[str, Optional[str]] = {}
        self._whole = False

    def __getitem__(self, name: str) -> str:
        self._names[name] = self._given.get(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        self._whole = True
        return iter(self._given)

    def __len__(self) -> int:
        self._whole = True
        return len(self._given)

    def seen(self) -> SeenValues:
        """What was looked at until now."""
        return SeenValues(dict(self._names), dict(self._given) if self._whole else None)


class SeenValues(msgspec.Struct, frozen=True):
    """Variables that were looked at, with their values (None: not set); `whole` where all were."""

    names: dict[str, Optional[str]]
    whole: Optional[dict[str, str]]

    def hold(self, variables: Mapping[str, str]) -> bool:
        """Whether each is as it was."""
        if self.whole is not None:
            return self.whole == variables
        return all(variables.get(name) == value for name, value in self.names.items())


class Known(msgspec.Struct, frozen=True):
    """A part of the launch as it is in the real world, and what it followed from."""

    inputs: tuple[object, ...]
    asked: SeenPaths
    values: Optional[SeenValues]
    part: Any

    def holds(
        self, inputs: tuple[object, ...], variables: Optional[Mapping[str, str]], places: Sequence[str]
    ) -> bool:
        """Whether it is the same in a world in which the files at these places are changed."""
        return (
            self.inputs == inputs
            and (self.values is None or variables is None or self.values.hold(variables))
            and not self.asked.concerns(places)
        )


def changed_places(files: Files, world: Files, changes: Mapping[str, Change]) -> list[str]:
    """The places that are changed in `files`, and where the launch makes copies of them: `world` is the
    same with its `changes`.
    """
    places = list(files.changed)
    targets = world.changed[len(files.changed) :]
    for target, change in zip(targets, changes.values()):
        if not isinstance(change, Copy):
            continue
        source = files.realpath(change.source)
        for place in files.changed:
            if f"{place}/".startswith(f"{source}/"):
                places.append(target + place[len(source) :])
            elif source.startswith(f"{place}/"):
                places.append(target)
    return places
