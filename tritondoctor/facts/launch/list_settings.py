"""Settings that are lists: PYTRITON_TRITON_CONFIG_TRACE_CONFIG_0, _1, … and how a release reads them.

Follows `TritonConfig.from_env` and `from_dict` (pytriton/triton.py), and pytriton/proxy/telemetry.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

import msgspec


class ListSyntax(msgspec.Struct, frozen=True):
    """How a release reads lists: whether it knows numbered names, and traces requests itself."""

    numbered: bool
    traces: bool


def read_release(source: bytes) -> ListSyntax:
    """Return how the release reads lists whose pytriton/triton.py this is."""
    return ListSyntax(rb"_(\d+)$" in source, b"build_proxy_tracer_from_triton_config" in source)


def base_of(key: str) -> str:
    """Return `trace_config` of `trace_config_0`; "" where it has no number."""
    base, _, number = key.rpartition("_")
    return base if number.isdigit() else ""


def traces(release: ListSyntax, values: Mapping[str, str]) -> Optional[tuple[str, ...]]:
    """Return the list with which PyTriton sets up a tracer, importing opentelemetry; None for none.

    An empty value is an empty list, and that is one as well.
    """
    numbered = tuple(value for key, value in values.items() if base_of(key) == "trace_config")
    given = bool(numbered) or values.get("trace_config") == ""
    return numbered if release.traces and release.numbered and given else None
