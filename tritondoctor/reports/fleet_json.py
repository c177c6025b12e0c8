"""A fleet as one JSON object (schema: data/fleet.schema.json)."""

from __future__ import annotations

import msgspec

from tritondoctor.fleet.model import Fleet


def render(fleet: Fleet) -> str:
    """One object."""
    return msgspec.json.format(msgspec.json.encode(fleet), indent=1).decode()
