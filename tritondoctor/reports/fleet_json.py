"""A fleet as one JSON object (schema: data/fleet.schema.json)."""

from __future__ import annotations

import msgspec

from tritondoctor.fleet.model import FleetSummary


def render(fleet: FleetSummary) -> str:
    """One object."""
    return msgspec.json.format(msgspec.json.encode(fleet), indent=1).decode()
