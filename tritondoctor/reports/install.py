"""An installation as a person follows it: what was chosen, each step as it ends, how to go on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Optional

from rich.console import Console
from rich.status import Status
from rich.text import Text

from tritondoctor.checks import Finding
from tritondoctor.facts import Facts
from tritondoctor.installing.fit import Form, Misfit, megabytes
from tritondoctor.installing.install import Installed, UnfitError
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe
from tritondoctor.remedies.plan import Planning
from tritondoctor.reports import selftest as told_selftest
from tritondoctor.reports.console import finding_lines, wrapped
from tritondoctor.reports.fix import shell_lines
from tritondoctor.selftest import runner
from tritondoctor.selftest.model import SelfTest
from tritondoctor.target import Target

_FORMS = {"conda": "a conda environment", "venv": "a venv"}
_REFRESH_S = 0.2
_UNITS = {"K": 1e3, "M": 1e6, "G": 1e9}
_WORTH_A_LINE = 2e6
#: slower on the whole, it was not the network that took the time
_A_SPEED = 1e5


class InstallDialog:
    """Tells on a console: on a terminal while a step runs, and a plain line once it is over."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status: Optional[Status] = None
        self._step, self._began, self._done, self._total, self._shown = "", 0.0, 0, 0, 0.0
        self._coming: dict[str, int] = {}

    def __enter__(self) -> InstallDialog:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def chosen(self, recipe: Recipe, machine: Machine, form: Form, prefix: str) -> None:
        """What will be done, before anything is."""
        self._line(f"tritondoctor: {recipe.name}", "bold")
        self._line(f"    {recipe.summary}", "dim")
        known = machine.pythons.get(recipe.python)
        of = f" of {known.path}" if form == "venv" and known else ""
        self._line(f"    Python {recipe.python}, PyTriton {recipe.pytriton}; {_FORMS[form]}{of}", "dim")
        self._line(f"    {prefix}", "dim")
        self._line(
            f"    about {megabytes(recipe, form)} MB to download, {recipe.size.installed} MB installed",
            "dim",
        )
        self._line("", "")

    def begin(self, step: str, total: int = 0) -> None:
        """A step begins."""
        self._step, self._began, self._done, self._total = step, time.monotonic(), 0, total
        self._coming = {}
        if self.console.is_terminal:
            self._status = self.console.status(Text(step), spinner="line")
            self._status.start()

    def advance(self, count: int) -> None:
        """Bytes of the step that are here."""
        self._done += count
        now = time.monotonic()
        if self._status is not None and now - self._shown > _REFRESH_S:
            self._shown = now
            of = f" of {_mb(self._total)}" if self._total else ""
            self._status.update(Text(f"{self._step}: {_mb(self._done)}{of}, {self._speed()}"))

    def line(self, text: str) -> None:
        """What a program says while it works: the last line, and what it downloads by its size."""
        came = re.match(r"Downloading (\S+) \(([\d.]+) ?([kKMG])i?B\)", text)
        if came:
            name, count = came[1], float(came[2]) * _UNITS[came[3].upper()]
            if name.endswith(".whl"):  # pip fetches one after the other, uv several at once
                self._arrived(*self._coming)
                name = name.partition("-")[0]
            self._coming[name] = round(count)
            if self._status is None and count >= _WORTH_A_LINE:
                self._line(f"       {name} {came[2]} {came[3]}B", "dim")
        elif text.startswith("Building ") and self._status is None:
            self._line(f"       {text.split(' @')[0].split(' (')[0]}: this may take minutes", "dim")
        elif text.startswith("Downloaded "):
            self._arrived(text.split()[1])
        elif text.startswith("Installing "):
            self._arrived(*self._coming)
        if self._status is not None and not self._coming:
            self._status.update(Text(f"{self._step}: {text}"[: max(self.console.width - 4, 20)]))

    def _arrived(self, *names: str) -> None:
        for name in names:
            self.advance(self._coming.pop(name, 0))

    def end(self) -> None:
        """The step is over and went well."""
        self._clear()
        took = time.monotonic() - self._began
        moved = f"  {_mb(self._done)}, {self._speed()}" if self._done / took > _A_SPEED else ""
        line = Text("  [ok] ", style="green")
        line.append(f"{self._step:<34}{took:>7.1f} s{moved}", style="")
        self.console.print(line, soft_wrap=True)

    def say(self, message: str) -> None:
        """One line of what is going on."""
        self._line(f"... {message}", "dim")

    def show(
        self, target: Target, before: Facts, findings: Sequence[Finding], planning: Planning
    ) -> None:
        """What this environment needs from the start."""
        if planning.plan is not None:
            for step in planning.plan.steps:
                self._line(f"  [ok] {step.remedy.title}", "")

    def ask(self, question: str) -> bool:
        """Its own new environment is repaired; one that is not cured is kept, to be looked at."""
        return question.startswith("Apply")

    def offer(self, question: str) -> bool:
        """Nothing stood beside in a new environment."""
        return False

    def selftest(self, target: Target, facts: Facts) -> SelfTest:
        """Serves Linear in it and tells of it."""
        self._line("Proving it: a real PyTriton is started and asked.", "")
        with told_selftest.StageProgress(self.console) as live:
            result = runner.run(target, facts, progress=live)
        told_selftest.show(result, self.console)
        return result

    def _speed(self) -> str:
        took = max(time.monotonic() - self._began, 1e-3)
        return f"{_mb(round(self._done / took))}/s"

    def _clear(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _line(self, line: str, style: str) -> None:
        self.console.print(Text(line, style=style), soft_wrap=True)


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def show(result: Installed, console: Console) -> None:
    """How it ended, and how to go on."""
    for line, style in _lines(result, min(console.width, 100)):
        console.print(Text(line, style=style), soft_wrap=True)


def _lines(result: Installed, width: int) -> Iterator[tuple[str, str]]:
    fixed = result.fixed
    yield "", ""
    if fixed.outcome in ("sound", "fixed"):
        yield f"{result.recipe.name} is installed and proved ({result.seconds:.0f} s).", "bold green"
    else:
        for finding in fixed.findings:
            if finding.severity == "error":
                yield from finding_lines(finding, width)
        if fixed.why:
            yield from wrapped(fixed.why, "", width, "")
        if not fixed.variables:
            said = f"PyTriton does not serve in it yet; {result.prefix} stays marked as unfinished."
            yield from wrapped(said, "", width, "bold red")
            return
        said = "It is installed. This shell holds what would stop it; in the shell, paste:"
        yield from wrapped(said, "", width, "bold yellow")
        for line in shell_lines(fixed.variables):
            yield f"    {line}", "green"
    yield "To work in it, and the Linear example to start from:", ""
    yield f"    {result.activation}", "green"
    yield "    tritondoctor init linear", "green"
    yield "    python linear/server.py", "green"


def unfit_lines(failure: UnfitError, width: int) -> Iterator[tuple[str, str]]:
    """Why nothing was begun."""
    yield f"{failure.recipe.name} does not suit this machine (as {_FORMS[failure.form]}):", "bold red"
    yield from _reasons(failure.why, width)
    yield "Nothing was downloaded or changed. What suits: tritondoctor advise", ""


def _reasons(why: Sequence[Misfit], width: int) -> Iterator[tuple[str, str]]:
    for one in why:
        yield from wrapped(f"  - {one.text}", "    ", width, "", hang=True)
        if one.advice:
            yield f"        {one.advice}", "green"
