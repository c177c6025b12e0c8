"""The formats by name; each is a module with `render`, loaded when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tritondoctor.examination.report import Report

if TYPE_CHECKING:
    from tritondoctor.fleet.model import FleetSummary

FORMATS = ("console", "json", "markdown", "junit", "sarif", "github", "gitlab", "html")


def render(name: str, report: Report) -> str:
    """The report in a format, ending in a line break."""
    return _rendered(name, report)


def render_fleet(name: str, summary: FleetSummary) -> str:
    """The summary of a fleet in a format, ending in a line break."""
    return _rendered(f"fleet_{name}", summary)


def _rendered(module: str, content: object) -> str:
    text: str = import_module(f"tritondoctor.reports.{module}").render(content)
    return text.rstrip("\n") + "\n"
