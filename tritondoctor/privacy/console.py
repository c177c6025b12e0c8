"""A console whose texts are cleaned piece by piece, so that styles and cursor moves stay its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from tritondoctor.privacy.outlet import clean, stream_of


class SafeConsole(Console):
    """Takes every text as it is, and prints nothing that a terminal obeys."""

    def __init__(self, *, stderr: bool = False, quiet: bool = False) -> None:
        super().__init__(
            file=stream_of("stderr" if stderr else "stdout"),
            highlight=False,
            markup=False,
            emoji=False,
            quiet=quiet,
        )

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints; a text in one style is one line, whatever line breaks it quotes."""
        super().print(*map(_one_line, objects), **options)

    def render(
        self, renderable: RenderableType, options: Optional[ConsoleOptions] = None
    ) -> Iterable[Segment]:
        """The segments of what is printed, cleaned."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(_cleaned(segment.text), segment.style)


def _one_line(printed: Any) -> Any:
    if isinstance(printed, Text) and "\n" in printed.plain and not printed.spans:
        return Text(printed.plain.replace("\n", "\\n"), style=printed.style)
    return printed


def _cleaned(text: str) -> str:
    return text if not text.strip() else clean(text)
