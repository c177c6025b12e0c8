"""What a command says once it takes longer than anybody waits without a word."""

from __future__ import annotations

import os
from threading import Timer
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from typing_extensions import Self

    from tritondoctor.commands.console import Progress

_LATE_S = 1.0


class LateProgress:
    """One sentence on a terminal; a command that is quicker pays nothing for it."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._progress: Optional[Progress] = None
        self._timer = Timer(_LATE_S, self._show)
        self._timer.daemon = True

    def _show(self) -> None:
        from tritondoctor.commands.basics import console_of
        from tritondoctor.commands.console import Progress

        self._progress = Progress(console_of(stderr=True))
        self._progress.now(self._words)

    def __enter__(self) -> Self:
        if os.isatty(2):
            try:
                self._timer.start()
            except RuntimeError:  # no thread is to be had; the sentence can be spared
                pass
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()
        if self._progress is not None:
            self._progress.clear()
