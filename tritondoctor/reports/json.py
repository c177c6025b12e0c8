"""The contract's object, as text (schema: data/report.schema.json)."""

from __future__ import annotations

import msgspec

from tritondoctor.report import Report, as_json


def render(report: Report) -> str:
    """One JSON object."""
    return text_of(as_json(report))


def text_of(data: object) -> str:
    """JSON for people and machines; ASCII where a path holds bytes that are no text."""
    try:
        return msgspec.json.format(msgspec.json.encode(data), indent=1).decode()
    except UnicodeError:
        from json import dumps

        return dumps(data, indent=1)
