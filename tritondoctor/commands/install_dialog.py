"""An installation in progress: what was chosen, each step as it ends, the proof."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from rich.console import Console

from tritondoctor.checks import Finding
from tritondoctor.commands.console import Progress, say_now
from tritondoctor.commands.fix_dialog import run_selftest
from tritondoctor.facts import Facts
from tritondoctor.installing.fit import Form
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe
from tritondoctor.remedies.plan import Planning
from tritondoctor.reports import install as install_report
from tritondoctor.reports import selftest as selftest_report
from tritondoctor.reports.layout import print_line
from tritondoctor.selftest.model import SelfTest
from tritondoctor.support import detail
from tritondoctor.support.messages import _, shown
from tritondoctor.target import Target

_REFRESH_S = 0.2
_UNITS = {"K": 1e3, "M": 1e6, "G": 1e9}
_WORTH_A_LINE = 2e6


class InstallDialog(Progress):
    """On a terminal a step while it runs, and a plain line once it is over."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._step, self._began, self._shown = "", 0.0, 0.0
        self._done, self._total = 0, 0
        self._coming: dict[str, int] = {}
        self._framework, self._language_model = "", ""

    def chosen(self, recipe: Recipe, machine: Machine, form: Form, prefix: str) -> None:
        """What will be done, before anything is."""
        named = recipe.device == "cpu" and recipe.framework != "numpy"  # else what the card can use
        self._framework = recipe.framework if named else ""
        self._language_model = recipe.language_model
        for line, style in install_report.chosen_lines(recipe, machine, form, prefix):
            print_line(self.console, line, style)

    def begin(self, step: str, total: int = 0) -> None:
        """Begin a step; `total` is the bytes to download, where known."""
        self._step, self._began, self._done, self._total = step, time.monotonic(), 0, total
        self._coming = {}
        self.now(step)

    def advance(self, count: int) -> None:
        """Count bytes of the step that have arrived."""
        self._done += count
        moment = time.monotonic()
        if self.running and moment - self._shown > _REFRESH_S:
            self._shown = moment
            self.now(
                install_report.transfer_line(self._step, self._done, self._total, moment - self._began)
            )

    def line(self, text: str) -> None:
        """Take a line of pip's or uv's output: the last one is shown, downloads count by size."""
        download = re.match(r"Downloading (\S+) \(([\d.]+) ?([kKMG])i?B\)", text)
        if download:
            self._downloading(*download.groups())
        elif text.startswith("Building ") and not self.running:
            name = text.split(" @")[0].split(" (")[0]
            print_line(self.console, f"       {_('{name}: this may take minutes', name=name)}", "dim")
        elif text.startswith("Downloaded "):
            self._arrived(text.split()[1])
        elif text.startswith("Installing "):
            self._arrived(*self._coming)
        if detail.full():
            self.clear()
            print_line(self.console, f"       {text}", "dim")
        elif self.running and not self._coming:
            self.now(f"{shown(self._step)}: {text}"[: max(self.console.width - 4, 20)])

    def _downloading(self, name: str, number: str, unit: str) -> None:
        size = float(number) * _UNITS[unit.upper()]
        if name.endswith(".whl"):  # pip downloads one after the other, uv several at once
            self._arrived(*self._coming)
            name = name.partition("-")[0]
        self._coming[name] = round(size)
        if not self.running and size >= _WORTH_A_LINE:
            print_line(self.console, f"       {name} {number} {unit}B", "dim")

    def _arrived(self, *names: str) -> None:
        for name in names:
            self.advance(self._coming.pop(name, 0))

    def end(self) -> None:
        """End the step: it succeeded."""
        self.clear()
        seconds = time.monotonic() - self._began
        self.console.print(install_report.step_line(self._step, self._done, seconds), soft_wrap=True)

    def say(self, message: str) -> None:
        """One line of what is going on."""
        say_now(self.console, message)

    def show(
        self, target: Target, before: Facts, findings: Sequence[Finding], planning: Planning
    ) -> None:
        """What this environment needs from the start."""
        if planning.plan is not None:
            for step in planning.plan.steps:
                print_line(self.console, f"  [ok] {step.remedy.title}")

    def ask(self, question: str) -> bool:
        """Repair the new environment without asking; keep one that cannot be repaired."""
        return question.startswith("Apply")

    def offer(self, question: str) -> bool:
        """A new environment has no neighbours to restore."""
        return False

    def selftest(self, target: Target, facts: Facts) -> SelfTest:
        """Serve Linear in the new environment, and show what came of it."""
        result = run_selftest(
            target, facts, self.console, framework=self._framework, language_model=self._language_model
        )
        selftest_report.show(result, self.console)
        return result
