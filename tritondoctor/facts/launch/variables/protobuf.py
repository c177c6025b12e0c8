"""The backend that protobuf is told to use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView

_NAME = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
_MODULE = "google.protobuf.internal.api_implementation"
#: the module that a backend cannot do without; `upb` falls back to Python's
_NEEDS = {"cpp": "google.protobuf.pyext._message"}


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """api_implementation.py names the backends that it knows."""
    value = view.variables.get(_NAME)
    known = re.search(r"not in \(([^)]*)\)", view.text(_MODULE))
    if value is None or known is None or not view.imported(_MODULE):
        return
    accepted = tuple(re.findall(r"'(\w+)'", known.group(1)))
    needed = {name: _NEEDS[name] for name in accepted if name in _NEEDS}
    usable = tuple(name for name in accepted if name not in needed or view.problem(needed[name]) is None)
    if value not in accepted:
        yield RefusedVariable(_NAME, view.path(_MODULE), "unknown", usable)
    elif value not in usable:
        yield RefusedVariable(_NAME, view.path(_MODULE), "no-module", usable, needed[value])
