"""What a person reads of a command that is passed around as a cure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from tritondoctor.logs.folk_cures import FolkCure
from tritondoctor.reports.finding import learn_more
from tritondoctor.reports.layout import Line, print_lines, width_of, wrapped
from tritondoctor.support.invocation import NAME
from tritondoctor.support.messages import Quoted, _


def show(command: str, cure: FolkCure, console: Console) -> None:
    """Print it; it fits any width."""
    print_lines(console, lines(command, cure, width_of(console)))


def lines(command: str, cure: FolkCure, width: int) -> Iterator[Line]:
    """The command, what it does, what to do instead."""
    what = _("This is a cure from posts, not a line of a log: {command}", command=Quoted(command))
    yield from wrapped(what, "", width, "bold")
    yield "", ""
    yield from wrapped(_("What it does: {effect}", effect=_(cure.effect)), "    ", width)
    yield from wrapped(_("Instead: {advice}", advice=_(cure.instead)), "    ", width, "green")
    yield "", ""
    for id in cure.ids:
        yield learn_more(id, NAME), ""


def conclusion(cure: FolkCure) -> Iterator[Line]:
    """What to do instead."""
    yield _("Instead: {advice}", advice=_(cure.instead)), "green"


def as_json(command: str, cure: FolkCure) -> dict[str, Any]:
    """One object."""
    return {
        "schema": "tritondoctor.folk-cure/1",
        "command": command,
        "effect": cure.effect,
        "instead": cure.instead,
        "findings": list(cure.ids),
    }
