"""The one reader of YAML: what a text stands for is counted before it is made.

With anchors a few hundred bytes stand for any number of values.  Scalars stay text: to make numbers and
times of them takes long for some, and raises anything for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

#: a lock of 300 packages has 10,000
_MOST_NODES = 1_000_000


def load(text: str) -> Any:
    """The document of a text, of str, list and dict alone; None where it is empty.

    Raises ValueError where it is none, or more than a file of its kind can be.
    """
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if _size(root, {}) > _MOST_NODES:
            raise ValueError(f"stands for more than {_MOST_NODES:,} values")
        return loader.construct_document(root)
    except yaml.YAMLError as failure:
        raise ValueError(str(failure)) from None
    except RecursionError:
        raise ValueError("too deeply nested") from None
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes it stands for, each as often as it is referred to; beyond measure in itself."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1
        known[id(node)] = 1 + sum(_size(part, known) for part in _parts(node))
    return known[id(node)]


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
