"""Paragraphs of --help in a script without blanks: rich, which breaks at blanks alone, would cut them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.containers import Lines
from rich.text import Text

from tritondoctor.reports.layout import filled


class HelpParagraph(Text):
    """A text that is broken where its script allows it."""

    def wrap(self, console: Any, width: int, **options: Any) -> Lines:
        """The lines of at most `width` cells."""
        rows = [row for line in self.plain.split("\n") for row in filled(line, width) or [""]]
        return Lines(Text(row, style=self.style) for row in rows)


def breaking(highlight: Callable[[Text], Text]) -> Callable[[Text], Text]:
    """What typer does to each text of its help, and then such a paragraph."""

    def paragraph(text: Text) -> Text:
        highlighted = highlight(text)
        return HelpParagraph(highlighted.plain, style=highlighted.style)

    return paragraph
