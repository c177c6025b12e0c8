"""What a run did not test, and why: summed up at its end, and an error where every tool must be there.

A skipped test looks like a passed one.  With TRITONDOCTOR_TEST_ALL=1, as the public CI sets it, a reason
that is not in `ALLOWED_IN_CI` fails the run: a tool is missing (tests/tools.sh), or the reason belongs
here.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Optional, Union

import pytest

#: a pattern of the reason -> why a run in CI may skip for it
ALLOWED_IN_CI = {
    r"no Python (2\.7|3\.\d+)|no other Python|is of another Python|second Python|Python below /root":
        "the runners do not have every interpreter",
    r"no (conda|mamba|torch)|no report of a real GPU|conda-lock is not installed|py-rattler is not":
        "neither a real conda, nor a GPU, and their tools need Python 3.10",
    r"there is a GPU here|has an NVIDIA driver": "the look-alike: the test is for a machine without",
    r"TRITONDOCTOR_TEST_\w+ (is not set|names no)": "materials that a person names",
    r"this machine's loader knows|distribution's libpython|not newer than Debian's|no libstdc\+\+ in|"
    r"new enough for Debian|of other Debian suites|no Debian (suite|mirror)|x86-64( |$)|built without":
        "the environment is one of another distribution or processor",
    r"^(this (environment|release|file system|glibc)|the (interpreter|environment|engine|nodes))|"
    r"only (Bourne shells|the system's Python)|there is no metadata|is no file of its own|"
    r"cannot be built|conda's shape|would be changed|does not start there|has no shared library":
        "the combination does not exist",
    r"only root|root only|takes? root|needs root|its own user only|of another user|as another user":
        "run as root, or as a user: the other run tests it",
    r"cannot be (pulled|made here)|device cgroup|control groups|must be pulled|user namespaces":
        "the runners' kernel or network does not allow it",
}  # fmt: skip


def allowed(reason: str) -> bool:
    """Return whether a run in CI may skip a test for that reason."""
    return any(re.search(pattern, reason) for pattern in ALLOWED_IN_CI)


class Skipped:
    """Counts skipped tests by reason, and tells them at the end of the run."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that was skipped (expected failures are none)."""
        if not hasattr(report, "wasxfail"):
            self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that was skipped as a whole."""
        self._count(report)

    def _count(self, report: Union[pytest.TestReport, pytest.CollectReport]) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1

    def errors(self) -> list[str]:
        """The reasons for which such a run fails."""
        strict = os.environ.get("TRITONDOCTOR_TEST_ALL") == "1"
        return [reason for reason in self.reasons if strict and not allowed(reason)]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run where something was skipped that it must test."""
        if self.errors() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print each reason and how many tests it skipped."""
        if not self.reasons:
            return
        terminalreporter.section(f"not tested here: {sum(self.reasons.values())}")
        errors = self.errors()
        for reason, count in self.reasons.most_common():
            mark = "ERROR, in CI this must be tested: " if reason in errors else ""
            terminalreporter.write_line(f"{count:5}  {mark}{reason}")
        if errors:
            terminalreporter.write_line(
                "Bring the tool (tests/tools.sh), or allow the reason: tests/skipping.py"
            )


def register(config: pytest.Config) -> Optional[str]:
    """Watch a run."""
    return config.pluginmanager.register(Skipped(), "skipped-by-reason")
