"""Ids that findings once had. Policies, `--ignore`, `--select` and `explain` still understand them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: old id -> the id that it has now
RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "few-clients": "open-files-limit-low",
        "leftovers": "orphaned-resources",
        "libstdcxx-folk-link": "libstdcxx-symlinked-to-system",
        "loader-only-lists": "ld-trace-set",
        "other-models": "model-repository-not-empty",
        "proxy-takes-grpc": "grpc-uses-proxy",
    }
)


def current(id: str) -> str:
    """Return the id that a finding has now."""
    return RENAMED.get(id, id)


def note(id: str) -> str:
    """Say which id took the place of an old one."""
    return f"{id} is now called {RENAMED[id]}."
