"""What was looked at in a view of the files, to know whether a change could have made a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Optional

import msgspec

from .nodes import Node, parents


class SeenPaths(msgspec.Struct, frozen=True):
    """The first `looks` of the paths that were looked at, with what was there, and the first `lists` of
    the folders that were listed, with their names; the first `questions` of the names that were asked for
    in other folders, as paths.  All paths are canonical; all three only grow.
    """

    nodes: Mapping[str, Optional[Node]]
    looks: int
    listings: Mapping[str, Mapping[str, object]]
    lists: int
    asked: Mapping[str, None]
    questions: int

    def concerns(self, places: Sequence[str]) -> bool:
        """Whether another content of one of these places could have been noticed."""
        seen = dict(islice(self.nodes.items(), self.looks))
        listed = dict(islice(self.listings.items(), self.lists))
        asked = set(islice(self.asked, self.questions))
        below = tuple(f"{place}/" for place in places)
        return any(
            _noticed(place, seen, listed) or not asked.isdisjoint((place, *parents(place)))
            for place in places
        ) or any(path.startswith(below) for path in (*seen, *asked))


def _noticed(
    place: str, seen: Mapping[str, Optional[Node]], listed: Mapping[str, Mapping[str, object]]
) -> bool:
    if place in seen or place in listed:
        return True
    child = place
    for folder in parents(place):
        name = child.rpartition("/")[2]
        if folder in listed and (child == place or name not in listed[folder]):
            return True
        if folder in seen and seen[folder] is None:
            return True
        child = folder
    return False
