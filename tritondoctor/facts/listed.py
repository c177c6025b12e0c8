"""Settings that are lists: PYTRITON_TRITON_CONFIG_TRACE_CONFIG_0, _1, … and what becomes of them.

Follows `TritonConfig.from_env` and `from_dict` (pytriton/triton.py), and pytriton/proxy/telemetry.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Optional

#: what tritonserver takes for one element (command_line_parser.cc)
_FORMS = {
    "trace_config": (r".+=", "setting=value"),
    "metrics_config": (r".+=", "setting=value"),
    "cache_config": (r".+,.+=", "name,setting=value"),
}


class Release(NamedTuple):
    """How a release reads lists: whether it knows numbered names, and traces requests itself."""

    numbered: bool
    traces: bool


def read_release(source: bytes) -> Release:
    """The release whose pytriton/triton.py this is."""
    return Release(rb"_(\d+)$" in source, b"build_proxy_tracer_from_triton_config" in source)


def base_of(key: str) -> str:
    """`trace_config` of `trace_config_0`; "" where it has no number."""
    base, _, number = key.rpartition("_")
    return base if number.isdigit() else ""


def problems(
    release: Release, types: Mapping[str, str], values: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """(key, why) of each list that the server, or PyTriton's own tracer, would refuse."""
    lists = {name for name, kind in types.items() if kind.startswith("List")}
    for key, value in values.items():
        if key in lists and value:
            hint = f"; give it as {key.upper()}_0" if release.numbered else ""
            yield key, f"PyTriton makes a list of its letters{hint}"
        base = base_of(key)
        if release.numbered and base in lists and base in _FORMS:
            pattern, form = _FORMS[base]
            if not re.match(pattern, value):
                yield key, f"it is not of the form {form}"
    given = traces(release, values)
    for piece, what in (("mode=opentelemetry", "its mode"), ("opentelemetry,url=", "an address")):
        if given is not None and not any(piece in one for one in given):
            key = next((key for key in values if base_of(key) == "trace_config"), "trace_config")
            yield key, f"PyTriton's own tracer needs {what} in the list ({piece}…)"


def traces(release: Release, values: Mapping[str, str]) -> Optional[tuple[str, ...]]:
    """The list with which PyTriton sets up a tracer, for which it imports opentelemetry; None for none.

    An empty value is an empty list, and that is one as well.
    """
    numbered = tuple(value for key, value in values.items() if base_of(key) == "trace_config")
    given = bool(numbered) or values.get("trace_config") == ""
    return numbered if release.traces and release.numbered and given else None
