"""Parts of the launch that a simulated world takes over from another, as nothing in it differs that was
looked at until they were made.

What a process imports follows from files and variables, and from what the loader says of each extension
module.  Where another search path of the loader is all that differs, the loader is asked again, in the
same order; as long as it says the same, the imports are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Optional, TypeVar

import msgspec

from tritondoctor.facts.interpreter.model import LinkProblem
from tritondoctor.facts.launch.programs import Running
from tritondoctor.loader import Change, Copy, Files, SeenPaths

Part = TypeVar("Part")
#: worlds without a changed file, the real one first, whose parts others take over
_MOST_KNOWN = 8
#: paths of extension modules with their problems, in the order in which they were opened
SeenAnswers = tuple[tuple[str, tuple[LinkProblem, ...]], ...]


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


class OpenedModules:
    """The extension modules that a process opens, one after another, and the problems of each."""

    def __init__(self, running: Running, caller: str) -> None:
        self._running, self._caller, self._before = running, caller, running.process
        self._answers: list[tuple[str, tuple[LinkProblem, ...]]] = []

    def open(self, path: str) -> tuple[LinkProblem, ...]:
        """The problems with which a module is opened."""
        problems = tuple(self._running.open(path, self._caller))
        self._answers.append((path, problems))
        return problems

    def seen(self) -> SeenAnswers:
        """What was opened until now."""
        return tuple(self._answers)

    def hold(self, answers: SeenAnswers) -> bool:
        """Whether each of these modules opens as it did; if not, none is opened."""
        if all(self.open(path) == problems for path, problems in answers):
            return True
        self._running.process = self._before
        self._answers.clear()
        return False


class Known(msgspec.Struct, frozen=True):
    """A part of the launch as it is in one world, and what it followed from."""

    inputs: tuple[object, ...]
    asked: tuple[SeenPaths, ...]
    values: Optional[SeenValues]
    answers: SeenAnswers
    part: Any


class KnownParts:
    """The launch of one world, whose parts are those of another where that is the same.

    `files` are those of the world, `views` all that the launch looks at, with what it changes itself.
    """

    def __init__(self, files: Files, views: Sequence[Files], changes: Mapping[str, Change]) -> None:
        self._files, self._views = files, views
        self._places = changed_places(files, views[0], changes)
        self._taken_over: list[SeenPaths] = []

    def part(
        self,
        name: str,
        make: Callable[[], Part],
        inputs: tuple[object, ...],
        variables: Optional[SeenVariables] = None,
        opened: Optional[OpenedModules] = None,
        views: Sequence[Files] = (),
    ) -> Part:
        """A part; that of another world where nothing is changed of what was looked at, in all `views` or
        in these, until it was made.
        """
        known: list[Known] = self._files.memory().setdefault(("launch", name), [])
        for candidate in known:
            if self._holds(candidate, inputs, variables, opened):
                self._taken_over += candidate.asked
                found: Part = candidate.part
                return found
        part = make()
        if not self._files.changed and len(known) < _MOST_KNOWN:
            asked = [view.asked() for view in views or self._views]
            values = variables.seen() if variables is not None else None
            answers = opened.seen() if opened is not None else ()
            seen = (*filter(None, asked), *(() if views else self._taken_over))
            known.append(Known(inputs, seen, values, answers, part))
        return part

    def _holds(
        self,
        known: Known,
        inputs: tuple[object, ...],
        variables: Optional[SeenVariables],
        opened: Optional[OpenedModules],
    ) -> bool:
        return (
            known.inputs == inputs
            and (known.values is None or variables is None or known.values.hold(variables))
            and not any(seen.concerns(self._places) for seen in known.asked)
            and (opened is None or opened.hold(known.answers))
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
