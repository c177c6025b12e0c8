"""`tritondoctor.check()` in a notebook or a script: the report, shown as its page where HTML is shown."""

from __future__ import annotations

import html
import sys
import time
from typing import Any, Optional

from tritondoctor.examination.report import Report
from tritondoctor.target import Named

_HEIGHT = 640


class CheckedEnvironment:
    """The report of a check; `print` shows it as a terminal would."""

    def __init__(self, report: Report) -> None:
        self.report = report

    @property
    def verdict(self) -> str:
        """ok, warn or fail."""
        return self.report.verdict

    @property
    def findings(self) -> tuple[str, ...]:
        """The ids of the findings, errors first."""
        return tuple(finding.id for finding in self.report.findings)

    def as_json(self) -> dict[str, Any]:
        """The object that `tritondoctor check --json` prints."""
        from tritondoctor.examination.report import as_json

        return as_json(self.report)

    def __repr__(self) -> str:
        from tritondoctor.reports import console

        return console.render(self.report)

    def _repr_html_(self) -> str:
        """The page in a frame of its own: its styles do not reach the notebook, nor those it."""
        from tritondoctor.reports import html as page

        content = html.escape(page.render(self.report), quote=True)
        style = f"width:100%;height:{_HEIGHT}px;border:0"
        return f'<iframe srcdoc="{content}" style="{style}" sandbox="" title="tritondoctor"></iframe>'


def check(
    path: Optional[str] = None, *, gpu: str = "auto", show_paths: bool = False
) -> CheckedEnvironment:
    """Examine this Python, or the environment at `path`; `gpu` is auto, required or off.

    Nothing is started but a Python that is asked for its folders.  Raises UsageError for no environment.
    """
    import os

    from tritondoctor.commands import check_report
    from tritondoctor.examination.report import timed
    from tritondoctor.facts.interpreter.question import Question
    from tritondoctor.support.variables import of_user
    from tritondoctor.target import find_target

    began = time.monotonic()
    cwd = os.getcwd()
    named = Named(python=sys.executable) if path is None else Named(path=path)
    rules = check_report.rules(cwd, None, (), ())
    target = find_target(of_user(), cwd, named)
    report = check_report.of_machine(target, Question(target), gpu)
    report = check_report.judged(report, rules, paths=show_paths)
    return CheckedEnvironment(timed(report, time.monotonic() - began))
