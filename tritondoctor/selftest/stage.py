"""A stage after Linear has answered: functions of a module that serve_linear.py loads in the target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tritondoctor.selftest.session import Session
from tritondoctor.selftest.watch import Watch


class Stage:
    """Calls the functions of one module in the target, `NAME.py` in this folder."""

    def __init__(self, name: str, session: Session, watch: Watch) -> None:
        self.name, self.watch, self.mark = name, watch, session.mark
        self._session = session

    def call(self, function: str, *arguments: Any) -> dict[str, Any]:
        """Return what the function returns there.  Raises Ended if it fails, or not in time."""
        self._session.send({"stage": self.name, "do": function, "arguments": arguments})
        return self.watch.until("done")

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Wait at least so long for what is called meanwhile."""
        before = self.watch.timeout
        self.watch.timeout = max(before, seconds)
        try:
            yield
        finally:
            self.watch.timeout = before
