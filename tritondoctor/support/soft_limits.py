"""Limits of this process (getrlimit(2))."""

from __future__ import annotations

import resource


def soft_limit(kind: int) -> int:
    """The soft limit of a kind; RLIM_INFINITY where a filter of system calls keeps it to itself."""
    try:
        return resource.getrlimit(kind)[0]
    except OSError:
        return resource.RLIM_INFINITY
