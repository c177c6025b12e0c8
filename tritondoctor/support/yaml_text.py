"""The one reader of YAML: of any text, in bounded time, memory and depth.

With anchors a few hundred bytes stand for any number of values; PyYAML's composer calls itself, and ends
the process at some depth.  Scalars stay text: to make numbers and times of them takes long for some, and
raises anything for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

import yaml

#: a lock of 300 packages has 10,000
_MOST_VALUES = 1_000_000
_DEEPEST = 100


class _Collection:
    """A list or a mapping that is being read; `size` counts what it stands for, aliases as often."""

    def __init__(self, value: Any, anchor: Optional[str]) -> None:
        self.value = value
        self.anchor = anchor
        self.size = 1
        self.key: Optional[str] = None

    def add(self, value: Any, size: int) -> None:
        self.size += size
        if self.size > _MOST_VALUES:
            raise ValueError(f"stands for more than {_MOST_VALUES:,} values")
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not None:
            self.value[self.key], self.key = value, None
        elif isinstance(value, str):
            self.key = value
        else:
            raise ValueError("has a key that is no text")


def load(text: str) -> Any:
    """The document of a text, of str, list and dict alone; None where it is empty.

    Raises ValueError where it is none, or more than a file of its kind can be.
    """
    try:
        documents = _documents(yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
    except yaml.YAMLError as failure:
        raise ValueError(str(failure)) from None
    if len(documents) > 1:
        raise ValueError("has more than one document")
    return documents[0] if documents else None


def _documents(events: Iterable[yaml.Event]) -> list[Any]:
    collections = [_Collection([], None)]
    anchors: dict[str, tuple[Any, int]] = {}
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            if len(collections) > _DEEPEST:
                raise ValueError("is too deeply nested")
            empty: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            collections.append(_Collection(empty, event.anchor))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            ended = collections.pop()
            anchor, value, size = ended.anchor, ended.value, ended.size
        elif isinstance(event, yaml.ScalarEvent):
            anchor, value, size = event.anchor, event.value, 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise ValueError(f"has an alias of nothing: {event.anchor}")
            anchor, (value, size) = None, anchors[event.anchor]
        else:
            continue
        if anchor is not None:
            anchors[anchor] = value, size
        collections[-1].add(value, size)
    documents: list[Any] = collections[0].value
    return documents
