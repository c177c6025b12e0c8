"""The formats by name; each is a module with `render`, loaded when it is needed."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

from tritondoctor.examination.report import Report
from tritondoctor.support import messages

if TYPE_CHECKING:
    from tritondoctor.fleet.model import FleetSummary

#: read by people, so in their language; programs read the others
_TRANSLATED = ("console", "markdown", "html")
FORMATS = ("console", "json", "markdown", "junit", "sarif", "github", "gitlab", "html")


def render(name: str, report: Report) -> str:
    """The report in a format, ending in a line break."""
    return _rendered(name, "", report)


def render_fleet(name: str, summary: FleetSummary) -> str:
    """The summary of a fleet in a format, ending in a line break."""
    return _rendered(name, "fleet_", summary)


def _rendered(name: str, prefix: str, content: object) -> str:
    render = import_module(f"tritondoctor.reports.{prefix}{name}").render
    with nullcontext() if name in _TRANSLATED else messages.in_english():
        text: str = render(content)
    return text.rstrip("\n") + "\n"
