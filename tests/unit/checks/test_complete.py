"""The unit tests of the findings are complete, and a sound machine has none."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.unit.build import facts, with_gpu
from tests.unit.checks.case import FindingTests
from tritondoctor.checks import CATALOGUE, examine

FOLDER = Path(__file__).parent
#: tested by functions of their own, which need more than facts
WITHOUT_CASE = {"requirement-not-met"}


def _cases() -> dict[str, str]:
    """Id of a finding -> the file that tests it."""
    files = {}
    for path in FOLDER.glob("test_*.py"):
        module = importlib.import_module(f"tests.unit.checks.{path.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, FindingTests):
                files.update({case.id: path.name for case in value.CASES})
    return files


def test_every_finding_that_a_check_draws_has_a_case() -> None:
    drawn = {id for id, rule in CATALOGUE.items() if "check" in rule.seen_by}
    missing = drawn - _cases().keys() - WITHOUT_CASE
    assert not missing, f"add a Case to a file of tests/unit/checks: {sorted(missing)}"
    assert _cases().keys() <= set(CATALOGUE), "cases of findings that do not exist"


def test_sound_machine_has_no_finding() -> None:
    assert [finding.id for finding in examine(facts())] == ["no-gpu"]
    assert examine(with_gpu()) == ()


def test_findings_are_ordered_by_severity() -> None:
    ranks = {"error": 0, "warning": 1, "info": 2}
    here = facts(pytriton=None, launch=None, preload_missing=("/nowhere/libx.so",))
    severities = [ranks[finding.severity] for finding in examine(here)]
    assert severities == sorted(severities) and set(severities) == {0, 1, 2}
