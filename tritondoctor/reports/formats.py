"""The formats by name; each is a module with `render(report) -> str`, loaded when asked for."""

from __future__ import annotations

from importlib import import_module

from tritondoctor.examination.report import Report

FORMATS = ("console", "json", "markdown", "junit", "sarif", "github", "gitlab", "html")


def render(name: str, report: Report) -> str:
    """The report in a format, ending in a line break."""
    text: str = import_module(f"tritondoctor.reports.{name}").render(report)
    return text.rstrip("\n") + "\n"
