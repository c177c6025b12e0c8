"""The contract's object, as text (schema: data/report.schema.json)."""

from __future__ import annotations

import sys

import msgspec

from tritondoctor.examination.report import Report, as_json
from tritondoctor.privacy.printable import in_json


def render(report: Report) -> str:
    """One JSON object."""
    return text_of(as_json(report))


def text_of(data: object) -> str:
    """JSON for people and machines; ASCII where a path holds bytes that are no text, or a character that
    standard output cannot show."""
    try:
        text = msgspec.json.format(msgspec.json.encode(data), indent=1).decode()
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        from json import dumps

        text = dumps(data, indent=1)
    return in_json(text)
