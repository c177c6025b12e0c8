"""Group testing: many settings share one trial; a group that differs from the sound one is halved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class Setting(NamedTuple):
    """A variable and its value."""

    name: str
    value: str


Settings = tuple[Setting, ...]


def batches(settings: Sequence[Setting], size: int) -> list[Settings]:
    """Groups of at most `size` in which no name stands twice, in order."""
    open_groups: list[dict[str, Setting]] = []
    full: list[Settings] = []
    for setting in settings:
        group = next((group for group in open_groups if setting.name not in group), None)
        if group is None:
            group = {}
            open_groups.append(group)
        group[setting.name] = setting
        if len(group) == size:
            open_groups.remove(group)
            full.append(tuple(group.values()))
    return full + [tuple(group.values()) for group in open_groups]


def culprits(
    group: tuple[Item, ...], is_sound: Callable[[tuple[Item, ...]], bool]
) -> list[tuple[Item, ...]]:
    """The least groups that are not sound: single settings, or more where only their company harms.

    Where a group is unsound and both of its halves are sound, the whole of it is the culprit.
    """
    if not group or is_sound(group):
        return []
    if len(group) == 1:
        return [group]
    middle = len(group) // 2
    found = culprits(group[:middle], is_sound) + culprits(group[middle:], is_sound)
    return found or [group]
