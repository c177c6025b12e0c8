"""A console whose texts are cleaned piece by piece, so that styles and cursor moves stay its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from tritondoctor.privacy.outlet import clean, stream_of


class SafeConsole(Console):
    """Takes every text as it is, and prints nothing that a terminal obeys."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(
            file=stream_of("stderr" if stderr else "stdout"), highlight=False, markup=False, emoji=False
        )

    def render(
        self, renderable: RenderableType, options: Optional[ConsoleOptions] = None
    ) -> Iterable[Segment]:
        """The segments of what is printed, cleaned."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(_cleaned(segment.text), segment.style)


def _cleaned(text: str) -> str:
    return text if not text.strip() else clean(text)
