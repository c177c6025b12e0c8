"""What a language costs: an English check reads nothing of it, a Chinese one takes 10 ms at most."""

from __future__ import annotations

import cProfile
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from tests.reports.make_cases import CASES
from tests.reports.test_formats import report_of
from tritondoctor.reports.console import render
from tritondoctor.support import messages

#: 29,500 took 6 ms of processor time on a busy machine
_MOST_CALLS = 40_000
#: what a check opens or lists below `locale`, and whether it has loaded what reads catalogues
_WATCHED = """
import sys
seen = []
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and "tritondoctor/locale" in str(arguments[0]):
        seen.append(event)
sys.addaudithook(watch)
sys.argv = ["tritondoctor", "check", "--from", {snapshot!r}]
from tritondoctor.commands import quick
try:
    quick.run(sys.argv[1:])
except SystemExit:
    print(seen, "tritondoctor.support.stored" in sys.modules)
"""


@pytest.mark.parametrize("variables", [{}, {"LANG": "C.UTF-8"}, {"LANG": "en_US.UTF-8"}], ids=str)
def test_english_reads_no_catalogue(variables: dict[str, str]) -> None:
    code = _WATCHED.replace("{snapshot!r}", repr(str(CASES / "two-causes.snapshot")))
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2]), **variables}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].startswith("[] False"), done.stdout


@pytest.fixture
def english() -> Iterator[None]:
    """English afterwards."""
    yield
    messages.use("")


@pytest.mark.usefixtures("english")
def test_chinese_costs_at_most_ten_milliseconds() -> None:
    report = report_of("two-causes")

    def in_chinese() -> None:
        messages.use("zh_CN")
        render(report)

    def in_english() -> None:
        messages.use("")
        render(report)

    render(report)
    assert _calls(in_chinese) - _calls(in_english) < _MOST_CALLS


def _calls(action: Callable[[], None]) -> int:
    """How many functions are called, which no load changes."""
    profile = cProfile.Profile()
    profile.runcall(action)
    return sum(row.callcount for row in profile.getstats())
