"""A fix in conversation: the plan shown, questions asked, the proof started."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from tritondoctor.checks import Finding
from tritondoctor.commands.console import StageProgress, confirm, say_now
from tritondoctor.facts import Facts
from tritondoctor.remedies.plan import Planning
from tritondoctor.reports import fix as fix_report
from tritondoctor.reports.layout import print_line
from tritondoctor.selftest import runner
from tritondoctor.selftest.model import SelfTest
from tritondoctor.support.messages import _
from tritondoctor.target import Target


def run_selftest(
    target: Target, facts: Facts, console: Console, *, framework: str = "", language_model: str = ""
) -> SelfTest:
    """Serve Linear in the target, and show each phase."""
    print_line(console, _("Starting PyTriton to verify the result."))
    with StageProgress(console) as progress:
        return runner.run(
            target, facts, framework=framework, language_model=language_model, progress=progress
        )


class FixDialog:
    """`yes` answers every question; `quiet` leaves the plan to the JSON."""

    def __init__(self, console: Console, *, yes: bool, quiet: bool) -> None:
        self.console, self.yes, self.quiet = console, yes, quiet
        self.headed = quiet

    def say(self, message: str) -> None:
        """One line of what is going on."""
        say_now(self.console, message)

    def show(
        self, target: Target, before: Facts, findings: Sequence[Finding], planning: Planning
    ) -> None:
        """What is wrong and what would be done."""
        if not self.quiet:
            fix_report.show_plan(target, before, findings, planning, self.console)
            self.headed = True

    def ask(self, question: str) -> bool:
        """Yes or no; --yes is a yes."""
        return self.yes or confirm(question)

    def offer(self, question: str) -> bool:
        """Yes or no; --yes does not count here."""
        return not self.yes and confirm(question)

    def selftest(self, target: Target, facts: Facts) -> SelfTest:
        """Serve Linear in the target, and show each phase."""
        if not self.headed:
            fix_report.show_sound(target, facts, self.console)
        return run_selftest(target, facts, self.console)
