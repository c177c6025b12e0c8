"""The base of everything observed."""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, frozen=True):
    """Base of everything observed."""
