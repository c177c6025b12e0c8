"""How a command talks to its user while it works: one question, one sign of progress."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

import typer
from rich.console import Console
from rich.text import Text

from tritondoctor.reports.layout import print_line
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import shown
from tritondoctor.support.signals import Interrupted

if TYPE_CHECKING:
    from rich.status import Status
    from typing_extensions import Self

    from tritondoctor.fleet.record import HostRecord
    from tritondoctor.selftest.model import Phase


def can_ask() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def require_answers(message: str, *, json: bool) -> None:
    """Raise UsageError where no question can be asked: no terminal, or --json."""
    if json or not can_ask():
        raise UsageError(message)


def confirm(question: str) -> bool:
    """Ask yes or no; the end of the input means no."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False


class Progress:
    """On a terminal what runs now, on a line that goes when it is over; elsewhere nothing."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status: Optional[Status] = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    @property
    def running(self) -> bool:
        """Whether there is such a line now."""
        return self._status is not None

    def now(self, words: str) -> None:
        """Show what runs now."""
        if self._status is not None:
            self._status.update(Text(shown(words)))
        elif self.console.is_terminal:
            self._status = self.console.status(Text(shown(words)), spinner="line")
            self._status.start()

    def clear(self) -> None:
        """Take the line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None


class StageProgress(Progress):
    """The phases of a self-test, each a line once it is over."""

    def __call__(self, name: str, phase: Optional[Phase]) -> None:
        from tritondoctor.reports.selftest import phase_line

        self.clear()
        if phase is None:
            self.now(name)
        else:
            stopped = isinstance(sys.exc_info()[1], Interrupted)
            self.console.print(phase_line(name, phase, interrupted=stopped), soft_wrap=True)


class HostProgress(Progress):
    """A line for each host that answers; on a terminal also the hosts that have not answered."""

    def __init__(self, console: Console, hosts: Sequence[str]) -> None:
        super().__init__(console)
        self._waiting = dict.fromkeys(hosts)
        self._count = len(hosts)
        self._column = max((len(host) for host in hosts), default=0)

    def __enter__(self) -> Self:
        self._show_waiting()
        return self

    def __call__(self, record: HostRecord) -> None:
        """A host has answered, or was given up."""
        from tritondoctor.reports.fleet_hosts import answer_line

        self._waiting.pop(record.host, None)
        line, style = answer_line(record, self._column)
        self.console.print(Text(line, style=style), overflow="ellipsis", no_wrap=True)
        self._show_waiting()

    def _show_waiting(self) -> None:
        from tritondoctor.reports.fleet_hosts import waiting_line

        self.now(waiting_line(list(self._waiting), self._count))


def say_now(console: Console, message: str) -> None:
    """Print what goes on, in one line."""
    print_line(console, f"... {shown(message)}", "dim")
